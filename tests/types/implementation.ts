/** Holds what is declared in scorecam.d.ts to what is there: the implementation has to fit the declaration, name by name. */

import * as implementation from "../../www/lib/scorecam.js";
import * as declared from "../../www/scorecam.js";

type Declared = typeof declared;

/** The constructor itself may take what it wants: pages call `create`. */
type Statics<Class> = { [Name in keyof Class]: Class[Name] };

export const create: Declared["ScoreCam"]["create"] = (options) => implementation.ScoreCam.create(options);

/** What the declaration says of an instance, without the brand that private fields give a class. */
type Instance<Class extends abstract new (...values: any) => any> = Statics<InstanceType<Class>>;

export const instance = (made: implementation.ScoreCam): Instance<Declared["ScoreCam"]> => made;
export const failure = (made: implementation.ScoreCamError): Instance<Declared["ScoreCamError"]> => made;

/** And nothing is there that is not declared. */
type Undeclared = Exclude<keyof implementation.ScoreCam, keyof declared.ScoreCam>;
export const nothingUndeclared: [Undeclared] extends [never] ? true : Undeclared = true;
