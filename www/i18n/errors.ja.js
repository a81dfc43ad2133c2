/**
 * What the core and the downloader say when something fails, in Japanese: the English sentence as they write it, with `{n}` for what
 * they fill in, and its translation. A sentence that is not here is shown as it is.
 */
export default [
  // Pictures
  ["The picture file is empty (0 bytes).", "画像ファイルが空です(0 バイト)。"],
  ["Choose the file again, or save it anew.", "もう一度選ぶか、保存し直してください。"],
  [
    "This file is not a picture that can be read: its content is not {0}, whatever its name says.",
    "読める画像ではありません。名前にかかわらず、中身は {0} のどれでもありません。",
  ],
  ["Save the picture as one of {0}.", "{0} のどれかで保存してください。"],
  [
    "The picture says it is {0} by {1} pixels, {2} megapixels; at most {3} can be opened.",
    "画像は {0} × {1} 画素({2} メガピクセル)とされていますが、開けるのは {3} までです。",
  ],
  [
    "Scale it down first: the network sees a few hundred pixels a side anyway.",
    "先に縮小してください。ネットワークが見るのは一辺数百画素です。",
  ],
  [
    "The picture is {0} by {1} pixels; at least {2} by {3} are needed to ask where in it the evidence lies.",
    "画像は {0} × {1} 画素です。根拠の場所を問うには少なくとも {2} × {3} 画素が必要です。",
  ],
  [
    "The picture is {0} by {1} pixels; a side may have at most {2}.",
    "画像は {0} × {1} 画素です。辺は {2} 画素までです。",
  ],
  [
    "Cut it into parts first: the network would see a strip of it as a few pixels.",
    "先に切り分けてください。このままではネットワークに数画素にしか見えません。",
  ],
  [
    "The JPEG file says it has {0} lines, but its pixels end before the last one.",
    "JPEG ファイルは {0} 行とされていますが、途中で画素が終わっています。",
  ],
  ["Open it in another program and save it again.", "別のソフトで開き、保存し直してください。"],
  ["Choose a larger picture.", "もっと大きな画像を選んでください。"],
  ["The {0} file is cut off: it ends before its last pixel.", "{0} ファイルが途中で切れています。"],
  [
    "Download or copy it again, then choose it once more.",
    "ダウンロードかコピーをやり直して、もう一度選んでください。",
  ],
  ["The file is a {0} of a kind that is not supported ({1}).", "この種類の {0} には対応していません({1})。"],
  ["Save the picture as an ordinary PNG or JPEG.", "普通の PNG か JPEG で保存してください。"],
  [
    "Decoding this {0} would need more memory than is allowed ({1}).",
    "この {0} を開くには許された以上のメモリが必要です({1})。",
  ],
  ["Scale the picture down first.", "先に画像を縮小してください。"],
  ["The {0} file is damaged ({1}).", "{0} ファイルが壊れています({1})。"],
  [
    "Open it in another program and save it again as PNG or JPEG.",
    "別のソフトで開き、PNG か JPEG で保存し直してください。",
  ],
  // Networks
  ["{0} is not a readable ONNX file ({1}).", "{0} は読める ONNX ファイルではありません({1})。"],
  [
    "Download it again and compare its size and checksum with its source.",
    "ダウンロードし直し、大きさとチェックサムを配布元と比べてください。",
  ],
  ["{0} is not an image classifier: it has {1}.", "{0} は画像分類器ではありません({1})。"],
  [
    "Expected are one input [1, 3, height, width] or [1, height, width, 3] and one output with a score for each of two or more classes.",
    "必要なのは、1 つの入力 [1, 3, 高さ, 幅] または [1, 高さ, 幅, 3] と、2 つ以上のクラスのスコアを出す 1 つの出力です。",
  ],
  [
    "{0} has no layer of maps [1, channels, height, width] that can be explained: {1}.",
    "{0} には説明できるマップの層 [1, チャネル, 高さ, 幅] がありません。{1}。",
  ],
  ["it goes on with the picture's positions as tokens {0}", "画像の位置をトークン {0} として扱っています"],
  [
    "none of its tensors keeps the picture's positions in rows and columns",
    "画像の位置を行と列で保つテンソルが見つかりません",
  ],
  [
    "Score-CAM explains convolutional networks, and others as long as their maps keep the picture's positions; choose one.",
    "Score-CAM が説明できるのは、畳み込みネットワークと、マップが画像の位置を保つネットワークです。そうしたものを選んでください。",
  ],
  ["{0} has {1} {2}; at most {3} can be computed.", "{0} は大きすぎます({2}: {1}、上限 {3})。"],
  ["Simplify the network, or choose another.", "ネットワークを簡単にするか、別のものを選んでください。"],
  [
    "{0} takes {1} billion multiply-adds a pass; at most {2} can be waited for.",
    "{0} は 1 回の推論に積和を {1} × 10 億回必要とします。待てるのは {2} × 10 億回までです。",
  ],
  [
    "Choose a smaller network, or give it a smaller input.",
    "もっと小さいネットワークを選ぶか、入力を小さくしてください。",
  ],
  ["{0} cannot be run: {1}.", "{0} を動かせません({1})。"],
  [
    "Check that it runs in onnxruntime with the same input, or export it anew.",
    "同じ入力で onnxruntime で動くか確かめるか、書き出し直してください。",
  ],
  ["{0} is of operator set {1}, which is not known here.", "{0} の演算セット {1} には対応していません。"],
  ["Export it with an operator set from 7 to 22.", "演算セット 7 から 22 で書き出してください。"],
  ["{0} decides while it runs what to compute: it contains {1}.", "{0} は実行中に計算内容を決めます({1} を含みます)。"],
  [
    "Export it with fixed shapes, so that branches and loops are resolved.",
    "分岐や繰り返しが残らないよう、形を固定して書き出してください。",
  ],
  [
    "Check that the input's size is the one that the network was made for.",
    "入力サイズがそのネットワークのものか確かめてください。",
  ],
  ["{0} needs about {1} of memory; there are {2}.", "{0} には約 {1} のメモリが必要ですが、使えるのは {2} です。"],
  ['The layer "{0}" of {1} maps of {2} x {3}', "層「{0}」({2} × {3} のマップ {1} 枚)"],
  ["A pass of {0}", "{0} の 1 回の推論"],
  ["The weights of {0}", "{0} の重み"],
  ["The memory did not suffice: {0} more were asked for.", "メモリが足りません。さらに {0} が必要でした。"],
  [
    "Choose a layer of fewer or smaller maps, or a network with a smaller input.",
    "マップの少ない層か小さい層、または入力の小さいネットワークを選んでください。",
  ],
  ["{0} cannot be prepared: its operators do not fit together.", "{0} を準備できません。演算がつながりません。"],
  [
    "Check the file with onnx.checker, or export the network anew.",
    "onnx.checker で調べるか、書き出し直してください。",
  ],
  ["{0} cannot be prepared: {1}.", "{0} を準備できません({1})。"],
  [
    "Export the network anew with one image input of fixed size and standard ONNX operators.",
    "固定サイズの画像入力 1 つと標準の ONNX 演算で書き出し直してください。",
  ],
  [
    '{0} keeps {1} of its weights in "{2}", beside the ONNX file.',
    "{0} は重み {1} 個を ONNX ファイルの外の「{2}」に置いています。",
  ],
  [
    "Save it as one file: onnx.save(model, path, save_as_external_data=False).",
    "1 つのファイルに保存してください: onnx.save(model, path, save_as_external_data=False)",
  ],
  [
    'The weight "{0}" of {1} holds NaN, so every answer would be NaN.',
    "{1} の重み「{0}」に NaN があり、どの答えも NaN になります。",
  ],
  [
    "Export the network from a checkpoint whose weights are numbers.",
    "重みが数値であるチェックポイントから書き出してください。",
  ],
  ["{0} is quantised: it contains {1}.", "{0} は量子化されています({1} を含みます)。"],
  ["Use the float32 or float16 version of the network.", "float32 か float16 のネットワークを使ってください。"],
  [
    '{0} contains the operator {1} (it makes "{2}"), which is not known here.',
    "{0} には対応していない演算 {1} があります(「{2}」を作るもの)。",
  ],
  ["Export the network anew with standard ONNX operators.", "標準の ONNX 演算で書き出し直してください。"],
  ["{0} takes several pictures at once: it has {1}.", "{0} は一度に複数の画像を受け取ります({1})。"],
  [
    "Export it with a batch of 1, or with a batch size that is left open.",
    "バッチを 1 にするか、サイズを固定せずに書き出してください。",
  ],
  [
    'The graph of {0} is not in order: "{1}" reads "{2}" before it is made.',
    "{0} のグラフは順序が正しくありません。「{1}」が「{2}」を作られる前に読みます。",
  ],
  [
    "Sort its nodes, or export it anew; a graph that goes round in circles cannot be run.",
    "ノードを並べ替えるか、書き出し直してください。循環するグラフは動かせません。",
  ],
  [
    '{0} is incomplete: "{1}" needs "{2}", which is neither a weight nor made by a node.',
    "{0} は不完全です。「{1}」が必要とする「{2}」がありません。",
  ],
  ["Export it anew with its weights.", "重みとともに書き出し直してください。"],
  [
    "The network's scores are not finite numbers (NaN or infinity).",
    "ネットワークのスコアが有限の数ではありません(NaN または無限大)。",
  ],
  [
    "Check its weights, and that mean, std and range are those it was trained with.",
    "重みと、平均・標準偏差・範囲が学習時のものかを確かめてください。",
  ],
  // How pictures are given to them
  ["An input of {0} x {1} pixels cannot be computed.", "{0} × {1} 画素の入力は計算できません。"],
  ["Give sides from 1 to 4096 pixels.", "辺は 1 から 4096 画素にしてください。"],
  ["Pixels cannot be normalised with mean {0} and std {1}.", "平均 {0}、標準偏差 {1} では画素を正規化できません。"],
  [
    "Give three finite numbers each; std is divided by and must not be 0.",
    "それぞれ有限の数を 3 つ入れてください。標準偏差は割る数なので 0 にはできません。",
  ],
  ["The labels file is {0}.", "クラス名のファイルを読めません({0})。"],
  [
    "Give a JSON array of strings or a text file with one name a line, in the order of the network's output.",
    "文字列の JSON 配列か、1 行に 1 つのテキストを、ネットワークの出力の順で渡してください。",
  ],
  // Files of this site
  ["{0} could not be fetched: the server answered {1}.", "{0} を取得できませんでした。サーバーの応答は {1} です。"],
  ["Run ./build.sh to make it part of dist/.", "./build.sh を実行して dist/ に加えてください。"],
  ["{0} could not be fetched.", "{0} を取得できませんでした。"],
  ["Check that the server still runs, then try again.", "サーバーが動いているか確かめて、もう一度試してください。"],
  ["{0} has {1} bytes; {2} were expected.", "{0} は {1} バイトです。{2} バイトのはずでした。"],
  [
    "The download was cut off or the file is another one; try again.",
    "ダウンロードが途中で切れたか、別のファイルです。もう一度試してください。",
  ],
  [
    "{0} is not the file that the catalogue describes: its checksum differs.",
    "{0} はカタログのファイルではありません。チェックサムが違います。",
  ],
  ["Fetch it again from its source.", "配布元から取得し直してください。"],
  // The page itself
  ["The scores of this result are no longer in memory.", "この結果のスコアはもうメモリにありません。"],
  ["Explain the picture again.", "画像をもう一度説明させてください。"],
  ["The computation broke off: {0}.", "計算が途中で止まりました({0})。"],
  ["Try again; if it happens again, please report it.", "もう一度試してください。繰り返すときは報告してください。"],
  ["The worker failed: {0}.", "ワーカーで問題が起きました({0})。"],
  ["No network is loaded.", "ネットワークが読み込まれていません。"],
  ["The worker could not be started or broke off: {0}.", "ワーカーを開始できないか、途中で止まりました({0})。"],
  ["This browser has no WebAssembly SIMD.", "このブラウザーには WebAssembly SIMD がありません。"],
  ["Use a current Chrome, Edge, Firefox or Safari.", "新しい Chrome、Edge、Firefox、Safari を使ってください。"],
  ["{0} failed: {1}.", "内部の処理に失敗しました({0}: {1})。"],
  [
    "This is a defect of scorecam; please report it with the picture's size and the model's name.",
    "scorecam の不具合です。画像の大きさとネットワークの名前を添えて報告してください。",
  ],
];
