/**
 * What errors say in Japanese, by their codes: what was found, and what to do. The places are those of the English sentences, in
 * src/error/sentences.json and www/lib/sentences.js.
 *
 * @type {Record<string, [message: string, hint: string]>}
 */
export default {
  "picture-empty": ["画像ファイルが空です(0 バイト)。", "もう一度選ぶか、保存し直してください。"],
  "picture-foreign-format": [
    "ファイルは {format} 形式の画像で、ここでは読めません。",
    "JPEG か PNG で保存するか書き出してください。iPhone では「設定 > カメラ > フォーマット > 互換性優先」で JPEG になります。",
  ],
  "picture-not-pixels": [
    "ファイルは {format} で、画素からなる画像ではありません。",
    "表示される内容を {formats} のどれかで書き出してください。",
  ],
  "picture-unknown-format": [
    "読める画像ではありません。名前にかかわらず、中身は {formats} のどれでもありません。",
    "{formats} のどれかで保存してください。",
  ],
  "picture-too-many-pixels": [
    "画像は {width} × {height} 画素({megapixels} メガピクセル)とされていますが、開けるのは {most} までです。",
    "先に縮小してください。ネットワークが見るのは一辺数百画素です。",
  ],
  "picture-side-too-long": [
    "画像は {width} × {height} 画素です。辺は {most} 画素までです。",
    "先に切り分けてください。このままではネットワークに数画素にしか見えません。",
  ],
  "picture-too-small": [
    "画像は {width} × {height} 画素です。根拠の場所を問うには少なくとも {least} × {least} 画素が必要です。",
    "もっと大きな画像を選んでください。",
  ],
  "picture-lines-missing": [
    "JPEG ファイルは {lines} 行とされていますが、途中で画素が終わっています。",
    "別のソフトで開き、保存し直してください。",
  ],
  "picture-cut-off": [
    "{format} ファイルが途中で切れています。",
    "ダウンロードかコピーをやり直して、もう一度選んでください。",
  ],
  "picture-unsupported": [
    "この種類の {format} には対応していません({cause})。",
    "普通の PNG か JPEG で保存してください。",
  ],
  "picture-needs-memory": [
    "この {format} を開くには許された以上のメモリが必要です({cause})。",
    "先に画像を縮小してください。",
  ],
  "picture-damaged": [
    "{format} ファイルが壊れています({cause})。",
    "別のソフトで開き、PNG か JPEG で保存し直してください。",
  ],
  "picture-bytes": [
    "{bytes} バイトでは {width} × {height} 画素の画像になりません。",
    "1 画素につき 4 バイトを渡してください。",
  ],
  "picture-file": ["{file} を読めません({cause})。", "パスと権限を確かめてください。"],
  "pictures-failed": ["{all} 枚のうち {failed} 枚が失敗しました。", ""],
  "network-absent": [
    "{network} のファイル {file} がありません。",
    "プロジェクトとリリースのアーカイブに入っています。--models でフォルダーを、--model で自分のネットワークを指定できます。",
  ],
  "network-file": ["{file} を読めません({cause})。", "パスと権限を確かめてください。"],
  "network-damaged": [
    "{network} は読める ONNX ファイルではありません({cause})。",
    "ダウンロードし直し、大きさとチェックサムを配布元と比べてください。",
  ],
  "network-unsupported": [
    "{network} を準備できません({cause})。",
    "固定サイズの画像入力 1 つと標準の ONNX 演算で書き出し直してください。",
  ],
  "network-no-classifier": [
    "{network} は画像分類器ではありません({found})。",
    "必要なのは、1 つの入力 [1, 3, 高さ, 幅] または [1, 高さ, 幅, 3] と、2 つ以上のクラスのスコアを出す 1 つの出力です。",
  ],
  "network-tokens": [
    "{network} には説明できるマップの層 [1, チャネル, 高さ, 幅] がありません。画像の位置をトークン {shape} として扱っています。",
    "Score-CAM が説明できるのは、畳み込みネットワークと、マップが画像の位置を保つネットワークです。そうしたものを選んでください。",
  ],
  "network-no-layers": [
    "{network} には説明できるマップの層 [1, チャネル, 高さ, 幅] がありません。画像の位置を行と列で保つテンソルが見つかりません。",
    "Score-CAM が説明できるのは、畳み込みネットワークと、マップが画像の位置を保つネットワークです。そうしたものを選んでください。",
  ],
  "network-too-many-operators": [
    "{network} には演算が {found} 個あります。計算できるのは {most} 個までです。",
    "ネットワークを簡単にするか、別のものを選んでください。",
  ],
  "network-too-many-axes": [
    "{network} には {found} 軸のテンソルがあります。計算できるのは {most} 軸までです。",
    "ネットワークを簡単にするか、別のものを選んでください。",
  ],
  "network-too-many-weight-axes": [
    "{network} には {found} 軸の重みがあります。計算できるのは {most} 軸までです。",
    "ネットワークを簡単にするか、別のものを選んでください。",
  ],
  "network-tensor-too-large": [
    "{network} は計算できません。形 {shape} のテンソル「{tensor}」には {needs} が必要です。",
    "使えるのは全部で {memory} です。入力の小さいネットワークを選んでください。",
  ],
  "network-tensor-uncountable": [
    "{network} は計算できません。形 {shape} のテンソル「{tensor}」には、どの機械にもないほどのメモリが必要です。",
    "使えるのは全部で {memory} です。入力の小さいネットワークを選んでください。",
  ],
  "network-too-slow": [
    "{network} は 1 回の推論に積和を {found} × 10 億回必要とします。待てるのは {most} × 10 億回までです。",
    "もっと小さいネットワークを選ぶか、入力を小さくしてください。",
  ],
  "network-window": [
    "{network} は意味をなしません。「{node}」は {window} の窓を {positions} の位置の上で、パディング {before}、{after} で動かします。",
    "入力サイズがそのネットワークのものか確かめてください。",
  ],
  "network-fails": [
    "{network} を動かせません({cause})。",
    "同じ入力で onnxruntime で動くか確かめるか、書き出し直してください。",
  ],
  "network-opset": [
    "{network} の演算セット {found} には対応していません。",
    "演算セット 7 から 22 で書き出してください。",
  ],
  "network-control-flow": [
    "{network} は実行中に計算内容を決めます({operator} を含みます)。",
    "分岐や繰り返しが残らないよう、形を固定して書き出してください。",
  ],
  "network-disjointed": [
    "{network} を準備できません。演算がつながりません。",
    "onnx.checker で調べるか、書き出し直してください。",
  ],
  "network-external-weights": [
    "{network} は重み {weights} 個を ONNX ファイルの外の「{file}」に置いています。",
    "1 つのファイルに保存してください: onnx.save(model, path, save_as_external_data=False)",
  ],
  "network-weight-nan": [
    "{network} の重み「{weight}」に NaN があり、どの答えも NaN になります。",
    "重みが数値であるチェックポイントから書き出してください。",
  ],
  "network-quantised": [
    "{network} は量子化されています({operator} を含みます)。",
    "float32 か float16 のネットワークを使ってください。",
  ],
  "network-unknown-operator": [
    "{network} には対応していない演算 {operator} があります(「{tensor}」を作るもの)。",
    "標準の ONNX 演算で書き出し直してください。",
  ],
  "network-batch": [
    "{network} は一度に複数の画像を受け取ります({found})。",
    "バッチを 1 にするか、サイズを固定せずに書き出してください。",
  ],
  "network-not-in-order": [
    "{network} のグラフは順序が正しくありません。「{node}」が「{tensor}」を作られる前に読みます。",
    "ノードを並べ替えるか、書き出し直してください。循環するグラフは動かせません。",
  ],
  "network-incomplete": [
    "{network} は不完全です。「{node}」が必要とする「{tensor}」がありません。",
    "重みとともに書き出し直してください。",
  ],
  "network-scores-not-finite": [
    "ネットワークのスコアが有限の数ではありません(NaN または無限大)。",
    "重みと、平均・標準偏差・範囲が学習時のものかを確かめてください。",
  ],
  "network-not-in-catalogue": ["カタログに「{name}」というネットワークはありません。", "あるのは {names} です。"],
  "network-checksum": [
    "{file} はカタログのファイルではありません。チェックサムが違います。",
    "./build.sh models で取得し直すか、--model で渡してください。",
  ],
  "labels-unreadable": [
    "クラス名のファイルを読めません({found})。",
    "文字列の JSON 配列か、1 行に 1 つのテキストを、ネットワークの出力の順で渡してください。",
  ],
  "layer-unknown": ["{network} に説明できる層「{layer}」はありません。", "近い名前は {names} です。"],
  "gradient-operator": [
    "層「{layer}」についての勾配は計算できません。その後ろにある演算 {operator}(「{node}」)は逆にたどれません。",
    "より後ろの層か、Score-CAM、RISE、遮蔽など勾配を使わない手法を選んでください。",
  ],
  "layer-not-linear": [
    "CAM には、後ろに全位置の平均と全結合層 1 つだけがある層が必要です。「{layer}」の後ろには、それ以外のものがあります。",
    "Grad-CAM はどの層についても同じ問いに答え、CAM が計算できる所では CAM と一致します。",
  ],
  "masks-of-layer": [
    "この手法は画像ではなく層のマップを変えるため、見せられるマスクした画像はありません。",
    "画像をマスクするのは Score-CAM、RISE、遮蔽です。",
  ],
  "superpixels-one": [
    "1 つのスーパーピクセルが画像全体を覆っているため、一部だけを残したり覆ったりできません。",
    "スーパーピクセルを小さくするか、輪郭のある画像を選んでください。",
  ],
  "map-size": [
    "マップ「{map}」は {found} ですが、ネットワークの入力は {expected} 画素です。",
    "ネットワークの入力と同じ大きさのマップを渡してください(双線形補間などで変えられます)。",
  ],
  "cover-size": [
    "覆いの値は {found} 個ですが、ネットワークの入力は {expected} 画素です。",
    "Result.heatmap の画素ごとに値を 1 つずつ、行ごとに渡してください。",
  ],
  "cover-range": ["覆いの {at} 番目の値が {found} です。", "0(そのまま)から 1(隠す)までの値を渡してください。"],
  "map-not-finite": [
    "マップ「{map}」の {row} 行 {column} 列に有限でない値があります。",
    "そのような値を最小値などに置き換えるか、マップを作り直してください。",
  ],
  "map-file": [
    "マップ「{file}」は NumPy の配列([高さ, 幅]、float32 か float64)として読めません({cause})。",
    "numpy.save で保存してください。",
  ],
  "measure-unknown": ["「{measure}」という指標はありません。", "使えるのは {names} です。"],
  "measure-nothing": [
    "測るものがありません。マップと指標が少なくとも 1 つずつ必要です。",
    "手法かマップのファイルと、指標を指定してください。",
  ],
  "box-missing": [
    "指標「{measure}」には、物がある範囲(画像の画素)が必要です。",
    "左端、上端、幅、高さを指定してください。",
  ],
  "box-outside": [
    "範囲 {box} には、ネットワークが見る部分({seen})がまったく含まれていません。",
    "画像の画素で左端、上端、幅、高さを指定し直してください。",
  ],
  "class-unknown": [
    "クラス {class} はありません。ネットワークのクラスは 0 から数えて {classes} 個です。",
    "0 から {last} の中から選んでください。",
  ],
  "class-unnamed": ["「{name}」というクラスはありません。", "0 から数えた番号を渡してください。"],
  "class-similar": ["「{name}」というクラスはありません。", "似た名前: {names}。"],
  "target-empty": ["対象にクラスがありません。", "少なくとも 1 つのクラスを番号で指定してください。"],
  "target-against-itself": ["クラス {class} をそれ自身と比べることはできません。", "別のクラスと比べてください。"],
  "target-unreadable": [
    "対象「{target}」を読めません。",
    "番号か名前、group:A,B、difference:A,B、finer、finer:A、finer:A,B のどれかを渡してください。",
  ],
  "recipe-unknown": ["「{recipe}」というレシピはありません。", "あるのは {names} です。"],
  "recipe-not-columnwise": [
    "レシピ「{recipe}」に columnwise はありません。",
    "あるのは「{only}」だけです。外してください。",
  ],
  "method-unknown": ["「{method}」という手法はありません。", "あるのは {names} です。"],
  "method-option": ["手法「{method}」にはこの指定が使えません({cause})。", "使えるのは {names} です。"],
  "method-range": ["{option} が {found} です。必要なのは {expected} です。", "別の値にするか、外してください。"],
  "method-without-maps": [
    "手法「{method}」のマスクは層のマップではありません。",
    "score-cam のように、マップをマスクにする手法を選んでください。",
  ],
  "passes-differ": [
    "済んだ推論は {method} には使えません。マスクの作り方が違います。",
    "それで画像をもう一度説明させてください。",
  ],
  "colour-map-unknown": ["「{name}」という配色はありません。", "あるのは {names} です。"],
  "map-unreadable": [
    "{values} 個の値は {height} × {width} の有限の数のマップになりません。",
    "Result.heatmap の形で渡してください。",
  ],
  "channel-without-mask": [
    "チャネル {channel} にマスクはありません。全部で {channels} 枚あり、一定のものは除かれます。",
    "スコアのあるチャネルを選んでください。",
  ],
  "pixel-outside": [
    "{row} 行 {column} 列に画素はありません。マップは {height} × {width} です。",
    "行と列は 0 から数えます。",
  ],
  "input-size": ["{width} × {height} 画素の入力は計算できません。", "辺は 1 から {most} 画素にしてください。"],
  "input-normalisation": [
    "平均 {mean}、標準偏差 {std} では画素を正規化できません。",
    "それぞれ有限の数を 3 つ入れてください。標準偏差は割る数なので 0 にはできません。",
  ],
  "input-crop": [
    "切り抜きの割合 {crop} では画像になりません。",
    "{least} 以上 1 以下の割合にしてください(「256 に縮小、224 を切り抜き」なら 0.875)。",
  ],
  "options-unreadable": [
    "この指定は使えません({cause})。",
    "それぞれの呼び出しの引数は scorecam.d.ts を見てください。",
  ],
  "folder-unwritable": [
    "{file} に書き込めません({cause})。",
    "空き容量を増やすか、--out で別の場所を選んでください。書き込み済みのものは残っています。",
  ],
  "manifest-unreadable": [
    "一覧 {file} を読めません({cause})。",
    "CSV なら 1 行目に列名「image」、JSON Lines なら各行にキー「image」、または 1 行に 1 つのパスが必要です。形式は --format で指定できます。",
  ],
  "manifest-line": [
    "一覧の {line} 行目からは画像が分かりません({cause})。",
    "各行には image と、必要なら id、expected、target、box(X,Y,W,H)を書きます。",
  ],
  "batch-busy": [
    "別のプロセスが {file} に書き込んでいます。",
    "終わるのを待つか、--shard 1/2 と --shard 2/2 のように分担させてください。",
  ],
  "batch-differs": [
    "{folder} には別の条件の結果があります。「{name}」は {before} でしたが、今は {now} です。",
    "続けるには同じ条件にするか、別の --out フォルダーを選んでください。",
  ],
  "batch-no-folder": [
    "標準出力に書けるのは行だけで、アーカイブや表は書けません。",
    "--maps line で行の中に入れるか、--out にフォルダーを指定してください。",
  ],
  "memory-layer": [
    "層「{layer}」({height} × {width} のマップ {channels} 枚)には約 {needs} のメモリが必要ですが、使えるのは {memory} です。",
    "マップの少ない層か小さい層、または入力の小さいネットワークを選んでください。",
  ],
  "memory-masks": [
    "{network} の推論には約 {needs} のメモリが必要ですが、使えるのは {memory} です。",
    "入力の小さいネットワークを選んでください。",
  ],
  "memory-weights": [
    "{network} の重みには約 {needs} のメモリが必要ですが、使えるのは {memory} です。",
    "マップの少ない層か小さい層、または入力の小さいネットワークを選んでください。",
  ],
  "memory-pass": [
    "{network} の 1 回の推論には約 {needs} のメモリが必要ですが、使えるのは {memory} です。",
    "マップの少ない層か小さい層、または入力の小さいネットワークを選んでください。",
  ],
  "memory-out": [
    "メモリが足りません。さらに {more} が必要でした。",
    "マップの少ない層か小さい層、または入力の小さいネットワークを選んでください。",
  ],
  crash: ["計算が途中で止まりました({cause})。", "もう一度試してください。繰り返すときは報告してください。"],
  defect: [
    "内部の処理に失敗しました({context}: {cause})。",
    "scorecam の不具合です。画像の大きさとネットワークの名前を添えて報告してください。",
  ],
  "unknown-option": ["{found} という指定はありません。", "あるのは {names} です。"],
  argument: ["{name} が {found} です。", "必要なのは {expected} です。"],
  "network-unnamed": [
    "カタログのネットワークもファイルも指定されていません。",
    '{ catalog: "efficientnet_lite0" } か、ONNX ファイルの内容 { bytes } を渡してください。',
  ],
  "network-argument": [
    "{name} が {found} です。",
    '{ catalog: "efficientnet_lite0" } か、ONNX ファイルの内容 { bytes } を渡してください。',
  ],
  "not-a-result": [
    "比べる相手が結果ではありません。",
    "explain、forClass、forTarget、forRecipe の結果を渡してください。",
  ],
  "result-gone": ["この結果のスコアはもうメモリにありません。", "画像をもう一度説明させてください。"],
  superseded: ["このネットワークが読み込まれる前に、別のネットワークが選ばれました。", "何もする必要はありません。"],
  disposed: ["この ScoreCam は破棄されています。", "新しく作ってください。"],
  "no-network": ["ネットワークが読み込まれていません。", "先に loadModel を呼んでください。"],
  "not-in-catalogue": ["カタログに「{name}」というネットワークはありません。", "あるのは {names} です。"],
  "no-webassembly": [
    "このブラウザーでは WebAssembly が動きません。iPhone や iPad ではロックダウンモードで無効になります。",
    "このサイトでロックダウンモードを切るか、最新の Chrome、Edge、Firefox、Safari をお使いください。",
  ],
  "no-build": ["このブラウザーではビルド「{name}」が動きません。", "ビルドを指定しないでください。"],
  "no-atomics": [
    "このブラウザーには WebAssembly の SIMD はありますが、アトミック命令がありません。",
    "最新の Chrome、Edge、Firefox、Safari をお使いください。",
  ],
  "no-memory": [
    "このブラウザーでは、最低限必要な {megabytes} MB のメモリーを確保できません。",
    "ほかのタブを閉じて、ページを再読み込みしてください。",
  ],
  "memory-too-small": [
    "{name} には約 {needs} MB のメモリーが必要ですが、このブラウザーで使えるのは {memory} MB です。ダウンロードしていません。",
    "小さいネットワークを選ぶか、別のブラウザーや端末をお使いください。",
  ],
  "no-simd": [
    "このブラウザーには WebAssembly SIMD がありません。",
    "新しい Chrome、Edge、Firefox、Safari を使ってください。",
  ],
  "worker-broke-off": [
    "ワーカーを開始できないか、途中で止まりました({cause})。",
    "サーバーが動いているか確かめて、もう一度試してください。",
  ],
  "worker-failed": [
    "ワーカーで問題が起きました({cause})。",
    "もう一度試してください。繰り返すときは報告してください。",
  ],
  "download-unreachable": [
    "{file} を取得できませんでした。",
    "サーバーが動いているか確かめて、もう一度試してください。",
  ],
  "download-refused": [
    "{file} を取得できませんでした。サーバーの応答は {status} です。",
    "./build.sh を実行して dist/ に加えてください。",
  ],
  "download-size": [
    "{file} は {found} バイトです。{expected} バイトのはずでした。",
    "ダウンロードが途中で切れたか、別のファイルです。もう一度試してください。",
  ],
  "download-checksum": [
    "{file} はカタログのファイルではありません。チェックサムが違います。",
    "配布元から取得し直してください。",
  ],
  "picture-refused": ["画像を取得できませんでした。サーバーの応答は {status} です。", "アドレスを確かめてください。"],
  "picture-read-before": [
    "この Response はもう読まれています。",
    "まだ読んでいない Response か response.clone() を渡してください。",
  ],
  "picture-not-shown": ["この <img> は画像を表示していません。", "load イベントを待ち、アドレスを確かめてください。"],
  "picture-unloaded": ["画像が {width} × {height} 画素です。", "読み込みが終わるまで待ってください。"],
  "picture-foreign": [
    "画像は別のサイトのもので、画素を読むことが許されていません。",
    "crossorigin を付けて読み込むか、ファイルを渡してください。",
  ],
  "picture-undrawable": ["画像を描けません({cause})。", "ファイルを渡してください。"],
  "picture-argument": [
    "画像が {found} です。",
    "File、Blob、ArrayBuffer、型付き配列、Response、ImageData、ImageBitmap、canvas、<img>、<video> のどれかを渡してください。",
  ],
};
