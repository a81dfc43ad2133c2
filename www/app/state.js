/** What the page knows, and how it changes: which picture, which explanation is under way, what is shown. No DOM. */

/** @import { Model, Progress, Result, Target } from "../scorecam.js" */
/** @import { Run, Source, View } from "./types.js" */

export class State {
  /**
   * The explanation under way.
   * @type {Run | null}
   */
  run = null;
  /**
   * The picture that is shown, and the network that saw it.
   * @type {(Source & { network: Model }) | null}
   */
  picture = null;
  /**
   * The picture that was asked for last.
   * @type {Source | null}
   */
  asked = null;
  /**
   * The result that is shown, with all that panels need.
   * @type {View | null}
   */
  view = null;
  /**
   * The result that is about to be shown.
   * @type {Result | null}
   */
  #awaited = null;
  /**
   * What a link asks for, for the next picture alone.
   * @type {Target | undefined}
   */
  #wished;
  /**
   * What was chosen for the picture that is shown.
   * @type {Target | undefined}
   */
  #chosen;

  /** What is explained, or will be. */
  get target() {
    return this.view?.result.target ?? this.#wished;
  }

  /**
   * Another explanation begins; the one under way ends.
   * @param {Source} source
   */
  begin(source) {
    this.run?.cancel.abort();
    this.asked = { blob: source.blob, name: source.name };
    /** @type {Run} */
    const run = {
      source,
      target: undefined,
      cancel: new AbortController(),
      enough: new AbortController(),
      began: 0,
      done: 0,
      stopped: false,
      classified: null,
    };
    this.run = run;
    return run;
  }

  /**
   * What to ask about for a picture: what a link wishes, or what was chosen for the same picture before. A wish is for one picture.
   * @param {Source} source  @param {Model | null} network
   * @returns {Target | undefined}
   */
  takeTarget(source, network) {
    const isSame = this.picture?.blob === source.blob && this.picture.network === network;
    const target = this.#wished ?? (isSame ? this.#chosen : undefined);
    this.#wished = undefined;
    return target;
  }

  /** @param {Target | undefined} target */
  wish(target) {
    this.#wished = target;
  }

  /** Another network: what was chosen among the classes of the one before means nothing. */
  forgetTargets() {
    this.#wished = this.#chosen = undefined;
  }

  /**
   * How far a run has come. Answers with what is to be shown in the place of the earlier result, if it is time for that: as soon as
   * there is a map, or at once where there is no earlier result.
   * @param {Run} run  @param {Progress} event
   * @returns {{ replaced: Progress | null, isAnotherPicture: boolean }}
   */
  advance(run, event) {
    run.done = event.done;
    let isAnotherPicture = false;
    if (event.stage === "classified") {
      isAnotherPicture = this.picture?.blob !== run.source.blob;
      this.#awaited = null;
      run.began = event.done;
      run.classified = event;
    }
    const isTime = run.classified && (event.preview || !this.view);
    const replaced = isTime ? run.classified : null;
    if (event.preview) run.classified = null;
    return { replaced, isAnotherPicture };
  }

  /**
   * The earlier result goes; its picture too.
   * @param {Source} source  @param {Model} network
   */
  replace(source, network) {
    this.view = null;
    this.picture = { ...source, network };
  }

  /**
   * A result is complete and will be shown.
   * @param {Result} result
   */
  await(result) {
    this.#awaited = result;
  }

  /**
   * Whether no other result was asked for since.
   * @param {Result} result
   */
  isAwaited(result) {
    return this.#awaited === result;
  }

  /**
   * The network that a result belongs to: that of the result before it, if both are of one run of the worker and of one file.
   * @param {Result} result  @param {Model} loaded
   */
  networkOf({ id }, loaded) {
    const shown = this.view?.result.id;
    const isSame = shown && shown.network.sha256 === id.network.sha256 && shown.generation === id.generation;
    return isSame && this.view ? this.view.model : loaded;
  }

  /**
   * A result is shown.
   * @param {View} view  @param {Model} network
   */
  show(view, network) {
    this.view = view;
    this.#chosen = view.result.target;
    if (!this.picture && this.asked) this.picture = { ...this.asked, network };
  }

  /** The picture that was asked for last cannot be explained: the one before it is asked for again, if there is one. */
  fail() {
    this.asked = this.picture && { blob: this.picture.blob, name: this.picture.name };
  }

  /**
   * A run is over.
   * @param {Run} run
   */
  end(run) {
    if (run === this.run) this.run = null;
  }

  /** Stops the run: what there is by now can be used; before the first map the earlier picture comes back. */
  cancel() {
    const { run } = this;
    if (!run) return;
    run.stopped = run.done > run.began;
    (run.stopped ? run.enough : run.cancel).abort();
  }

  /** The map is good enough as it is. */
  suffice() {
    this.run?.enough.abort();
  }
}
