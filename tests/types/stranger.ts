/** Uses the module as a page of somebody else's would, in TypeScript: it has to compile against scorecam.d.ts alone. */

import { ScoreCam, ScoreCamError, type Progress, type Result, type Target } from "../../www/scorecam.js";

export async function explain(file: File, canvas: HTMLCanvasElement): Promise<string> {
  const cam = await ScoreCam.create({ threads: 2, onProgress: ({ done, total }) => console.log(done, total) });
  const model = await cam.loadModel(
    { bytes: file, spec: { input: { resample: "bicubic", crop: 0.875 } }, labels: ["cat", "dog"] },
    { signal: AbortSignal.timeout(60_000) },
  );
  const show = ({ stage, preview }: Progress): void => {
    if (stage === "score" && preview) console.log(preview.length);
  };
  const result: Result = await cam.explain(canvas, { recipe: { name: "matlab", columnwise: false }, onProgress: show });
  const targets: Target[] = [null, 0, { group: [0, 1] }, { difference: [0, 1] }, { finer: 0, against: [1] }];
  for (const target of targets) {
    const { values, low, high }: { values: Float32Array; low: number; high: number } = await (
      await result.forTarget(target)
    ).signed();
    console.log(values[0], low, high);
  }
  const occluded = await cam.explain(file, { method: "occlusion", window: 48, stride: 24, fill: "black" });
  const layer: string = occluded.layer === null ? "no layer" : occluded.layer.name;
  const { correlation } = await result.compare(occluded);
  const { probability, measures } = await result.record({ measured: await result.measure({ measures: ["drop"] }) });
  const [folder] = await cam.classesNamed(["Egyptian cat"]);
  console.log(probability, measures["drop-soft"]?.toFixed(2), folder?.toFixed(0));
  const label: string = result.class === null ? "several" : model.labels[result.class];
  for (const { name, options } of cam.methods) {
    for (const option of options) if (option.type === "integer") console.log(name, option.least, option.most);
  }
  try {
    // @ts-expect-error there is no such option
    await cam.explain(file, { reciep: "paper" });
    // @ts-expect-error a target is no name
    await cam.explain(file, { target: "cat" });
  } catch (error) {
    if (error instanceof ScoreCamError) return `${error.code} ${JSON.stringify(error.values)} ${error.hint}`;
  }
  return `${label} ${layer} ${correlation?.toFixed(3) ?? ""}`;
}
