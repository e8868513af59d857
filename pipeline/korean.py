"""The Korean catalogue: English message -> Korean message, with the same named fields."""

KOREAN: dict[str, str] = {
    ", on other images than train/ holds now": (", 지금 train/에 있는 이미지와 다름"),
    ", {count} failed ({reasons})": ", 실패 {count}개({reasons})",
    ", {count} of the new ones look like another image": (", 새 이미지 가운데 {count}장은 다른 이미지와 비슷함"),
    "--compile: not possible here ({reason}). Install a C++ compiler (g++), on a GPU triton too, or leave "
    "it out: --no-compile.": (
        "--compile: 여기서는 할 수 없습니다({reason}). C++ 컴파일러(g++)를, GPU에서는 triton도 설치하거나 "
        "빼세요: --no-compile."
    ),
    "--compile: the loss {name} comes out as {found} in place of {expected}. Leave it out: --no-compile.": (
        "--compile: 손실 {name}이(가) {expected} 대신 {found}로 나옵니다. 빼세요: --no-compile."
    ),
    "--cuda: no usable NVIDIA GPU ({reason}). Look at nvidia-smi, or leave --cuda out.": (
        "--cuda: 쓸 수 있는 NVIDIA GPU가 없습니다({reason}). nvidia-smi를 확인하거나 --cuda 없이 실행하세요."
    ),
    "--cuda: this torch ({version}) is built for the CPU only. Install one built for CUDA (pip install "
    "--force-reinstall torch), or leave --cuda out.": (
        "--cuda: 설치된 torch({version})는 CPU 전용입니다. CUDA용을 설치하거나(pip install --force-reinstall "
        "torch) --cuda 없이 실행하세요."
    ),
    "--dataroot and --dataset say the same. Give one of them.": (
        "--dataroot와 --dataset은 같은 뜻입니다. 하나만 주세요."
    ),
    "--dataset {name}: give a name or a path, such as street2blossom.": (
        "--dataset {name}: street2blossom 같은 이름이나 경로를 주세요."
    ),
    "--direction {way}: no file of weights for it.": ("--direction {way}: 그 방향의 가중치 파일이 없습니다."),
    "--embedding {file}: {problem}. Needed is an image model as one ONNX file, such as the image half of a "
    "CLIP, with one input of floats, (1, 3, height, width) or (1, height, width, 3), and an output that is one "
    "row of numbers.": (
        "--embedding {file}: {problem}. ONNX 파일 하나로 된 이미지 모델이 필요합니다. 예: CLIP의 이미지 쪽 "
        "절반. 입력은 실수 하나, (1, 3, 높이, 너비) 또는 (1, 높이, 너비, 3), 출력은 숫자 한 줄이어야 합니다."
    ),
    "--epoch {value}: there it moves the schedule of a training whose weights begin anew. To go on with a "
    "run, weights and all: pipeline train --resume.": (
        "--epoch {value}: 그 프로그램에서는 가중치를 새로 시작한 채 일정만 옮깁니다. 가중치까지 이어 "
        "가려면: pipeline train --resume."
    ),
    "--extend {extend}: adds to a run that is there. Say --resume RUN.": (
        "--extend {extend}: 이미 있는 실행에 더하는 옵션입니다. --resume RUN을 주세요."
    ),
    "--format onnx needs the packages onnx and onnxruntime. Install them: pip install 'unpaired[onnx]', or take "
    "--format torchscript.": (
        "--format onnx에는 onnx와 onnxruntime 패키지가 필요합니다. 설치: pip install 'unpaired[onnx]'. 또는 "
        "--format torchscript를 쓰세요."
    ),
    "--format parquet needs the package pyarrow. Install it: pip install 'unpaired[parquet]'": (
        "--format parquet에는 pyarrow 패키지가 필요합니다. 설치: pip install 'unpaired[parquet]'"
    ),
    "--host {host} --port {port}: cannot listen there ({error}). Leave them out, or name an address of "
    "this machine and a free port.": (
        "--host {host} --port {port}: 거기서 들을 수 없습니다({error}). 빼거나, 이 컴퓨터의 주소와 빈 "
        "포트를 지정하세요."
    ),
    "--inception {file}: no Inception as TorchScript there. Nothing is downloaded: "
    "fetch inception-2015-12-05.pt of StyleGAN2-ADA, and "
    "give its path; without it there is no FID.": (
        "--inception {file}: TorchScript Inception이 아닙니다. "
        "아무것도 내려받지 않습니다. StyleGAN2-ADA의 inception-2015-12-05.pt를 "
        "받아 경로를 주세요. 없으면 FID도 없습니다."
    ),
    "--init-from {file}: a U-Net of the form of pix2pix. Say --generator pix2pix-256, or -128.": (
        "--init-from {file}: pix2pix 형태의 U-Net입니다. --generator pix2pix-256 또는 -128을 주세요."
    ),
    "--init-from {file}: its generators make images. Say --predict image.": (
        "--init-from {file}: 이 생성기는 이미지를 만듭니다. --predict image를 주세요."
    ),
    "--init-from {run}: its networks are others. Add: {words}": (
        "--init-from {run}: 신경망이 다릅니다. 이것을 더하세요: {words}"
    ),
    "--init-from {source}: does not fit a network of --generator {generator} --width {width} ({reason}). Say "
    "what it is.": (
        "--init-from {source}: --generator {generator} --width {width}의 신경망에 맞지 "
        "않습니다({reason}). 무엇인지 알려 주세요."
    ),
    "--init-from {source}: took {taken}.": "--init-from {source}: {taken}을(를) 가져왔습니다.",
    "--init-from {source}: took {taken}; {rest} begin anew.": (
        "--init-from {source}: {taken}을(를) 가져왔습니다. {rest}은(는) 새로 시작합니다."
    ),
    "--n_epochs {n_epochs} --decay_epoch {decay_epoch}: the learning rate falls from the epoch --decay_epoch "
    "until the end, so that must lie from 0 to before --n_epochs. Say both, such as --n_epochs {n_epochs} "
    "--decay_epoch {half}.": (
        "--n_epochs {n_epochs} --decay_epoch {decay_epoch}: 학습률은 --decay_epoch 에포크부터 끝까지 "
        "내려가므로 그 값은 0 이상, --n_epochs보다 작아야 합니다. 둘 다 주세요. 예: --n_epochs "
        "{n_epochs} --decay_epoch {half}."
    ),
    "--num-workers {wanted}: only {count} threads can be started ({reason}); training goes on with these.": (
        "--num-workers {wanted}: 스레드를 {count}개만 시작할 수 있습니다({reason}). 이것으로 학습을 계속합니다."
    ),
    "--output {path}: a folder. Name the file to write.": (
        "--output {path}: 폴더입니다. 저장할 파일 이름을 지정하세요."
    ),
    "--output {path}: holds something else than an earlier export. Name a new folder.": (
        "--output {path}: 이전에 내보낸 것이 아닌 다른 것이 들어 있습니다. 새 폴더를 지정하세요."
    ),
    "--output {path}: holds something else than an earlier test. Name a new folder.": (
        "--output {path}: 이전 테스트 결과가 아닌 다른 것이 들어 있습니다. 새 폴더를 지정하세요."
    ),
    "--output {path}: lies inside the dataset. Name a folder outside of it.": (
        "--output {path}: 데이터셋 안에 있습니다. 데이터셋 밖의 폴더를 지정하세요."
    ),
    "--review {file}: no file of decisions ({error}). Save one from rejected/index.html.": (
        "--review {file}: 결정 파일이 아닙니다({error}). rejected/index.html에서 저장하세요."
    ),
    "--review: these decisions are of the dataset {other} ({other_id}), and this one is {name} ({id}). "
    "Name the right one with --dataset.": (
        "--review: 이 결정은 데이터셋 {other}({other_id})의 것이고, 지금 데이터셋은 "
        "{name}({id})입니다. --dataset으로 맞는 데이터셋을 지정하세요."
    ),
    "--search-url {url}: not an address.": "--search-url {url}: 주소가 아닙니다.",
    "--split {now}: this dataset was split by {before}. Keep {before}, or add --resplit to deal all images "
    "anew (then a network trained before has seen some of the new test images).": (
        "--split {now}: 이 데이터셋은 {before}(으)로 나뉘어 있습니다. {before}을(를) 그대로 쓰거나 --resplit을 "
        "더해 모든 이미지를 새로 나누세요(그러면 전에 학습한 신경망은 새 테스트 이미지 일부를 이미 본 것이 "
        "됩니다)."
    ),
    "--tile {side}: too few pixels for this generator. Give {least} or more.": (
        "--tile {side}: 이 생성기에는 픽셀이 너무 적습니다. {least} 이상을 주세요."
    ),
    "--track {tracker}: {reason}. Training goes on.": ("--track {tracker}: {reason}. 학습은 계속됩니다."),
    "--urls {file}: Parquet needs the package pyarrow. Install it: pip install pyarrow": (
        "--urls {file}: Parquet을 읽으려면 pyarrow 패키지가 필요합니다. 설치: pip install pyarrow"
    ),
    "--urls {file}: cannot be read ({error}). Give a text file in UTF-8 with one address a line, or CSV or "
    "Parquet with a column url.": (
        "--urls {file}: 읽을 수 없습니다({error}). 한 줄에 주소 하나인 UTF-8 텍스트 파일이나 url 열이 있는 CSV "
        "또는 Parquet을 주세요."
    ),
    "--urls {file}: has no column url (it has: {columns}).": ("--urls {file}: url 열이 없습니다(있는 열: {columns})."),
    "--urls {file}: names no address. Write one a line.": ("--urls {file}: 주소가 없습니다. 한 줄에 하나씩 적으세요."),
    "--urls {file}: not a readable Parquet file ({error}).": (
        "--urls {file}: 읽을 수 있는 Parquet 파일이 아닙니다({error})."
    ),
    "--urls {file}: takes no QUERY but a side: pipeline crawl --urls FILE --domain A|B.": (
        "--urls {file}: 검색어 없이 쪽만 정합니다: pipeline crawl --urls FILE --domain A|B."
    ),
    "--weights {file}: comes in place of --run {run}. Give one of them.": (
        "--weights {file}: --run {run} 대신 쓰는 것입니다. 둘 중 하나만 주세요."
    ),
    "--{filter} {word}: {engine} cannot do that. Engines that can: {engines}.": (
        "--{filter} {word}: {engine}은(는) 할 수 없습니다. 할 수 있는 엔진: {engines}."
    ),
    "--{theirs} and --{ours} say the same. Give one of them.": (
        "--{theirs}와 --{ours}는 같은 뜻입니다. 하나만 주세요."
    ),
    "--{word} {value}: images have 3 channels here, red, green and blue; grey ones are made into such while "
    "they are read. Leave the option out.": (
        "--{word} {value}: 여기서 이미지는 빨강, 초록, 파랑 3채널이며, 흑백은 읽을 때 그렇게 바뀝니다. "
        "이 옵션을 빼세요."
    ),
    "-1 or more": ("-1 이상"),
    "... and {count} more": ("... 외 {count}개"),
    "0 or more": "0 이상",
    "0, or 64 or more": ("0, 또는 64 이상"),
    "0, or at least --size": "0이거나 --size 이상",
    "0; to go on with a run: --resume.": "0. 실행을 이어 가려면: --resume.",
    "1 or more": "1 이상",
    "32 or more, and a multiple of 4": "32 이상이고 4의 배수",
    "3: red, green and blue.": "3: 빨강, 초록, 파랑.",
    "A ResNet by its blocks, or a U-Net by the size of image it suits.": (
        "블록 수로 고르는 ResNet, 또는 맞는 이미지 크기로 고르는 U-Net."
    ),
    "A browser profile to keep, such as one that solved a captcha.": ("남겨 둘 브라우저 프로필. 예: 캡차를 푼 프로필."),
    "A drawing, a logo, a text, a screenshot or a cut-out.": ("그림, 로고, 글자, 화면 갈무리 또는 오려 낸 것입니다."),
    "A file of weights A -> B, netG_A2B.pth or latest_net_G_A.pth, in place of a run.": (
        "실행 대신 쓸 A -> B 가중치 파일. netG_A2B.pth 또는 latest_net_G_A.pth."
    ),
    "A file of weights B -> A, in place of a run.": ("실행 대신 쓸 B -> A 가중치 파일."),
    "A host in a private network that images may come from; may be repeated.": (
        "이미지를 받아도 되는 사설망 호스트. 여러 번 줄 수 있음."
    ),
    "A loss is no number any more": ("손실이 더는 숫자가 아님"),
    "A name for the run's folder; else the dataset and the generator.": (
        "실행 폴더의 이름. 없으면 데이터셋과 생성기 이름."
    ),
    "A page on which a photo is dropped and comes back translated; for a phone too.": (
        "사진을 놓으면 변환해 보여 주는 페이지. 휴대전화에서도 씁니다."
    ),
    "A person decided something about them, and they are kept.": "사람이 무언가를 정했고, 남아 있습니다.",
    "A person rejected them, or the picture that they are copies of.": ("사람이 제외했거나, 제외한 그림의 사본입니다."),
    "Adam's first beta.": "Adam의 첫 번째 베타.",
    "Adam's learning rate before it falls.": "줄어들기 전 Adam의 학습률.",
    "Against torch: {share:.4%} of the values differ, by {most} of 255 at the most.": (
        "torch와 비교: 값의 {share:.4%}가 다르고, 가장 큰 차이는 255 가운데 {most}입니다."
    ),
    "All {count} images are kept decoded in memory: {size} MB.": (
        "이미지 {count}장을 모두 디코딩해 메모리에 둡니다: {size} MB."
    ),
    "An NVIDIA GPU is here and not used; --cuda uses it.": (
        "NVIDIA GPU가 있지만 쓰지 않습니다. --cuda로 쓸 수 있습니다."
    ),
    "An http proxy for images and for every engine but google, whose browser does not use it. It resolves "
    "names, so only private addresses that are written out are refused.": (
        "이미지와 google 외의 엔진에 쓰는 http 프록시(google의 브라우저는 쓰지 않음). 이름을 프록시가 "
        "찾으므로, 주소로 직접 적힌 사설 주소만 거절됩니다."
    ),
    "Another limit of a check; may be given several times.": ("검사의 한계를 바꿉니다. 여러 번 쓸 수 있습니다."),
    "As --batch-size.": "--batch-size와 같습니다.",
    "As --learning-rate.": "--learning-rate와 같습니다.",
    "As --num-workers.": "--num-workers와 같습니다.",
    "As in the other domain": "다른 도메인과 닮음",
    "Ask a search engine for three images and say which layers of its pages are still read; else google.": (
        "검색 엔진에 이미지 세 장을 물어보고, 페이지의 어느 층이 아직 읽히는지 알려 줍니다. 이름이 없으면 google입니다."
    ),
    "Base address of the search engine, http or https; with several engines NAME=URL,NAME=URL.": (
        "검색 엔진의 기본 주소(http 또는 https). 엔진이 여럿이면 NAME=URL,NAME=URL."
    ),
    "Before and after": ("전과 후"),
    "Begin with the weights of a run, or of a file such as netG_A2B.pth.": (
        "실행이나 netG_A2B.pth 같은 파일의 가중치로 시작합니다."
    ),
    "Blank": "비어 있음",
    "Blink: the one, the other": "번갈아 보기",
    "Blocky": "블록이 보임",
    "Blown out": "하얗게 날아감",
    "Blurred": "흐림",
    "Borders": "테두리",
    "Bridges": "다리",
    "Bright": "밝음",
    "Browser": "브라우저",
    "Browser and driver do not fit: {message}. Install the chromedriver of the browser's version (`apt install "
    "chromium chromium-driver`) or name it with --driver PATH.": (
        "브라우저와 드라이버가 맞지 않습니다: {message}. 브라우저와 같은 버전의 chromedriver를 설치하거나(`apt "
        "install chromium chromium-driver`) --driver PATH로 알려 주세요."
    ),
    "CPU threads; 0 takes one for each core.": "CPU 스레드 수. 0이면 코어마다 하나.",
    "Changed": "바뀜",
    "Channels of the discriminators' first layer.": "판별기 첫 층의 채널 수.",
    "Channels of the generators' first layer.": "생성기 첫 층의 채널 수.",
    "Checks": "검사",
    "Clear the selection": "선택 해제",
    "Close": "닫기",
    "Collect images with a real browser; without a QUERY, every query of the recipe.": (
        "실제 브라우저로 이미지를 모읍니다. QUERY가 없으면 레시피의 모든 검색어로 모읍니다."
    ),
    "Comparing images": "이미지 비교 중",
    "Compile the networks: some minutes' wait, then faster steps.": (
        "네트워크를 컴파일합니다. 몇 분 기다린 뒤 단계가 빨라집니다."
    ),
    "Compiling the networks, which takes some minutes.": ("네트워크를 컴파일합니다. 몇 분 걸립니다."),
    "Copies": "사본",
    "Crashed": "충돌",
    "Crawl, curate, train and test by the recipe, skipping what is up to date.": (
        "레시피대로 모으고, 고르고, 학습하고, 테스트합니다. 이미 된 것은 건너뜁니다."
    ),
    "Curves and samples of a run in the browser, as it trains; of several RUNs side by side.": (
        "실행의 곡선과 샘플을 학습하는 동안 브라우저에서 봅니다. RUN이 여럿이면 나란히 보여 줍니다."
    ),
    "Cycle loss": ("순환 손실"),
    "Damaged": "손상됨",
    "Dark": "어두움",
    "Dataset {dataset}": "데이터셋 {dataset}",
    "Deal the images anew to train and test, as a changed --split needs.": (
        "train과 test를 새로 나눕니다. --split을 바꾸면 필요합니다."
    ),
    "Decay of the averaged generators that sample and test; 0 averages none.": (
        "샘플과 테스트에 쓰는 평균 생성기의 감쇠. 0이면 평균하지 않음."
    ),
    "Decisions taken over: {new} new, {known} already here, {unknown} of unknown images skipped.": (
        "결정을 가져왔습니다: 새로운 것 {new}개, 이미 있던 것 {known}개, 없는 이미지라 건너뛴 것 {unknown}개."
    ),
    "Decoding it would take too much memory.": "디코딩하면 메모리를 너무 많이 씁니다.",
    "Direction": ("방향"),
    "Discriminators": ("판별기"),
    "Done.": ("끝났습니다."),
    "Download": ("내려받기"),
    "Downloads at the same time from one host.": "한 호스트에서 동시에 받는 수.",
    "Downloads at the same time.": "동시에 받는 수.",
    "Drag over the picture, or use the arrow keys.": ("그림 위에서 끌거나 화살표 키를 쓰세요."),
    "Drag over the picture.": ("그림 위에서 끌어 보세요."),
    "Drag, or use the arrow keys.": ("끌거나 화살표 키를 쓰세요."),
    "Drawing streets": "거리 그리는 중",
    "Drawing the truth": "정답 그리는 중",
    "Draws how strong each edit is.": "편집의 세기를 정합니다.",
    "Drop a photo here, or choose one": ("사진을 여기에 놓거나 고르세요"),
    "Earlier translations that the discriminators see again.": "판별기가 다시 보는 이전 변환 결과의 수.",
    "Editing photos": ("사진 편집"),
    "Else the recipe's.": "없으면 레시피의 것.",
    "Embedding images": "이미지 임베딩 중",
    "Empty": "빈 파일",
    "Enlarge smaller images too, for trainers that want one size of all.": (
        "더 작은 이미지도 확대합니다. 모든 크기가 같아야 하는 학습 도구용."
    ),
    "Enlarged": "확대됨",
    "Epochs after them in which it falls to 0.": "그 뒤 학습률이 0까지 줄어드는 에폭 수.",
    "Epochs at the full learning rate.": "학습률을 그대로 두는 에폭 수.",
    "Epochs between checkpoints, in place of steps.": "체크포인트 사이의 에포크 수. 스텝 수 대신 씁니다.",
    "Epochs between sample sheets, in place of steps.": "샘플 시트 사이의 에포크 수. 스텝 수 대신 씁니다.",
    "Epochs in all.": "전체 에포크 수.",
    "Error:": ("오류:"),
    "Evaluating": ("평가 중"),
    "Even their brightest spots are dark.": "가장 밝은 곳도 어둡습니다.",
    "Even their darkest spots are bright.": "가장 어두운 곳도 밝습니다.",
    "Every decision is written at once; there is nothing to save.": "결정은 바로 기록되므로 저장할 것이 없습니다.",
    "Every image gets the same translation. Train again with a higher --cycle-weight, a lower "
    "--learning-rate or another --seed.": (
        "모든 이미지가 똑같이 변환됩니다. --cycle-weight를 높이거나 --learning-rate를 낮추거나 다른 --seed로 "
        "다시 학습하세요."
    ),
    "Everything was looked at.": "모두 봤습니다.",
    "Exports that hold it: {exports}": "이 이미지가 들어 있는 내보내기: {exports}",
    "Faded": "바램",
    "Fetch also what robots.txt or X-Robots-Tag forbids; the catalogue records it.": (
        "robots.txt나 X-Robots-Tag가 금지한 것도 받습니다. 카탈로그에 기록됩니다."
    ),
    "Fetch the images that a list names: one address a line, or CSV or Parquet with a column url.": (
        "목록에 적힌 이미지를 가져옵니다: 한 줄에 주소 하나, 또는 url 열이 있는 CSV나 Parquet."
    ),
    "Files": ("파일"),
    "Filters": "필터",
    "Flag images that are off their domain's topic, by a local image model: an ONNX file that takes one "
    "picture (normalised as for ImageNet) and gives one row of numbers, such as the image half of a CLIP.": (
        "도메인의 주제에서 벗어난 이미지에 로컬 이미지 모델로 표시를 남깁니다. 그림 한 장을(ImageNet 방식으로 "
        "정규화) 받아 숫자 한 줄을 내는 ONNX 파일이어야 합니다. 예: CLIP의 이미지 쪽 절반."
    ),
    "Folder for the results; else test/ in the run's, or tested/.": (
        "결과를 둘 폴더. 없으면 실행 폴더의 test/ 또는 tested/."
    ),
    "Folder for the translations.": "변환 결과를 둘 폴더.",
    "Folder of domain A, such as horses; else A.": "도메인 A의 폴더. 예: horses. 없으면 A.",
    "Folder of domain A, such as horses; else the run's.": "도메인 A의 폴더. 예: horses. 없으면 실행의 것.",
    "Folder of domain B, such as zebras; else B.": "도메인 B의 폴더. 예: zebras. 없으면 B.",
    "Folder of domain B, such as zebras; else the run's.": "도메인 B의 폴더. 예: zebras. 없으면 실행의 것.",
    "Folder with test/A and test/B; else the run's dataset.": ("test/A와 test/B가 있는 폴더. 없으면 실행의 데이터셋."),
    "For few images: change what discriminators see; color,translation,cutout or some of them.": (
        "이미지가 적을 때: 판별기가 보는 것을 바꿉니다. color,translation,cutout 또는 그 일부."
    ),
    "Forgotten: {images} images; {sources} addresses and {files} files removed.": (
        "잊은 이미지 {images}장. 주소 {sources}개와 파일 {files}개를 지웠습니다."
    ),
    "Found by {layers}.": "찾은 방법: {layers}.",
    "Found for both domains: say to which one it belongs (a or b).": (
        "두 도메인 모두에서 찾은 것입니다. 어느 쪽인지 정하세요(a 또는 b)."
    ),
    "GAN loss": ("GAN 손실"),
    "Generator of another program, latest_net_G.pth or netG_A2B.pth, in place of a run.": (
        "실행 대신 쓸 다른 프로그램의 생성기: latest_net_G.pth나 netG_A2B.pth."
    ),
    "Go on with a run for N more epochs, or steps where the run counts these.": (
        "실행을 N 에포크(스텝으로 세는 실행이면 N 스텝) 더 이어 갑니다."
    ),
    "Go on with a run; without RUN, the latest.": "실행을 이어 갑니다. RUN이 없으면 가장 최근 것.",
    "Grey": "회색",
    "HEIC": "HEIC",
    'HEIC needs the extra "heic": pip install "unpaired[heic]"': (
        'HEIC을 읽으려면 추가 기능 "heic"이 필요합니다: pip install "unpaired[heic]"'
    ),
    "How a generator enlarges: by a transposed convolution, or without its checkerboard.": (
        "생성기가 키우는 방식: 전치 합성곱, 또는 그 바둑판 무늬가 없는 방식."
    ),
    "How many different images to store per query.": "검색어마다 저장할 서로 다른 이미지 수.",
    "How old the images may be.": "얼마나 오래된 이미지까지 받을지.",
    "How requests introduce themselves; add a way to reach you.": (
        "요청이 자신을 소개하는 이름. 연락할 방법을 함께 적으세요."
    ),
    "How the finished images are written.": "완성된 이미지를 저장하는 형식.",
    "Identical outputs": ("똑같은 출력"),
    "Identity loss": ("동일성 손실"),
    "Images of each domain in one step.": "한 단계에 쓰는 도메인별 이미지 수.",
    "In both domains": "양쪽 도메인",
    "In the words of aitorzip's program": "aitorzip 프로그램의 말로",
    "Inception as TorchScript, inception-2015-12-05.pt, for FID and KID on its features.": (
        "FID와 KID에 쓸 TorchScript Inception, inception-2015-12-05.pt."
    ),
    "Install CPython 3.11 or newer.": "CPython 3.11 이상을 설치하세요.",
    "Install a torch with CUDA: pip install --force-reinstall torch": (
        "CUDA용 torch를 설치하세요: pip install --force-reinstall torch"
    ),
    "Install it: pip install -e '.[train]'": "설치하세요: pip install -e '.[train]'",
    "Install the chromedriver of the browser's own version.": ("브라우저와 같은 버전의 chromedriver를 설치하세요."),
    "Inverted colours": ("뒤집힌 색"),
    "It tells every translation from a photo, and the generator learns nothing more from it. Give the "
    "discriminators --augment color,translation,cutout and more images, or less --discriminator-width.": (
        "모든 변환 결과를 사진과 구별해 내므로 생성기가 더 배울 것이 없습니다. 판별기에 --augment "
        "color,translation,cutout과 더 많은 이미지를 주거나 --discriminator-width를 줄이세요."
    ),
    "KID": ("KID"),
    "KID of doing nothing": ("아무것도 하지 않을 때의 KID"),
    "Keep": "남기기",
    "Keep images that are rejected for this reason; may be given several times.": (
        "이 이유로 제외되는 이미지를 남깁니다. 여러 번 쓸 수 있습니다."
    ),
    "Kept by you": "직접 남긴 것",
    "Kept images look like a forgotten one: {copies}": ("남아 있는 이미지 중 잊은 이미지와 닮은 것: {copies}"),
    "Kept, with a doubt": "남겼지만 의심스러움",
    "Kept: {name}": "남음: {name}",
    "Kernel distance to the goal": ("목표와의 커널 거리"),
    "Keys": "키",
    "Korean text shows boxes: apt-get install fonts-nanum": ("한글이 네모로 보입니다: apt-get install fonts-nanum"),
    "Largest image file that is stored.": "저장할 가장 큰 이미지 파일의 바이트 수.",
    "Layers that halve; 3 judges patches of 70 pixels.": ("절반으로 줄이는 층의 수. 3이면 70픽셀 조각을 판별."),
    "Learning rate": ("학습률"),
    "Letters stand on them.": "글자가 있습니다.",
    "Limit of: {name}": "한계값: {name}",
    "Limits": "한계값",
    "List the addresses that failed, by reason.": "실패한 주소를 이유별로 보여 줍니다.",
    "Listen at another address of this machine; the page then needs its token.": (
        "이 컴퓨터의 다른 주소에서 듣습니다. 그때는 페이지를 열 때 토큰이 필요합니다."
    ),
    "Listen at this port; 0 takes a free one.": "이 포트에서 듣습니다. 0이면 빈 포트를 씁니다.",
    "Longer side to which larger photos are scaled down; 0 keeps their size.": (
        "더 큰 사진을 줄일 긴 변의 픽셀 수. 0이면 그대로 둡니다."
    ),
    "Longest time for one image, redirects included.": "리디렉션을 포함해 이미지 하나에 쓰는 최대 시간.",
    "Longest wait for a server to say something.": "서버의 응답을 기다리는 최대 시간.",
    "Look closely": "자세히 보기",
    "Look through what was rejected and kept, in the browser, and overrule it.": (
        "제외된 것과 남은 것을 브라우저에서 살펴보고 바로잡습니다."
    ),
    "Looked at": "본 것",
    "Looked at all of these": "모두 봤음",
    "Looking at images": "이미지 살펴보기",
    "Losses": "손실",
    "Machine and files": "컴퓨터와 파일",
    "Made into images again by: pipeline crawl --urls {file}": ("다시 이미지로 만들기: pipeline crawl --urls {file}"),
    "Make room: a crawl and a training take some GB.": ("공간을 비우세요. 모으기와 학습에는 몇 GB가 듭니다."),
    "Measure a run on its test images: what comes back, what stays, how near to the goal.": (
        "실행을 테스트 이미지로 잽니다: 돌아오는 것, 그대로인 것, 목표에 가까운 정도."
    ),
    "Measure how copies are found: every photo of DIR, or drawn streets, edited in 38 ways.": (
        "사본을 얼마나 잘 찾는지 잽니다. DIR의 사진이나 그린 거리를 38가지로 편집합니다."
    ),
    "Measuring": "재는 중",
    "Memory: this process has held {held} at the most, its first step included.": (
        "메모리: 이 프로세스는 첫 단계까지 최대 {held}를 썼습니다."
    ),
    "Memory: training takes about {needed}, and only {free} are free; {fits}. What takes less: {remedies}.": (
        "메모리: 학습에 약 {needed}가 드는데 {free}만 비어 있습니다. {fits}. 줄이려면: {remedies}."
    ),
    "Memory: training takes about {needed}, and {free} are free; {fits}.": (
        "메모리: 학습에 약 {needed}가 들고 {free}가 비어 있습니다. {fits}."
    ),
    "Missing": "사라짐",
    "Mode collapse": ("모드 붕괴"),
    "Much of them is plain white.": "많은 부분이 그냥 흰색입니다.",
    "NAME=URL for each engine, such as bing=http://127.0.0.1:8000": (
        "엔진마다 NAME=URL, 예를 들어 bing=http://127.0.0.1:8000"
    ),
    "NAME=VALUE, with a NAME of {names}, or one of these with _flag": (
        "NAME=VALUE 꼴이어야 하며, NAME은 {names} 가운데 하나이거나 거기에 _flag를 붙인 것"
    ),
    "NAME=VALUE, with a number as VALUE": "NAME=VALUE 꼴이어야 하며, VALUE는 숫자",
    "Nearest images of train and test: {bits} of 64 bits apart (pHash), {train} and {test}. Linked pairs on "
    "both sides: {linked}.": (
        "train과 test에서 가장 가까운 이미지: 64비트 중 {bits}비트 차이 (pHash), {train}와 {test}. 양쪽에 걸친 "
        "연결: {linked}쌍."
    ),
    "Networks": "네트워크",
    "No browser found (looked for {names} on PATH). Install one, such as `apt install chromium`, or name it "
    "with --browser PATH.": (
        "브라우저를 찾지 못했습니다(PATH에서 {names}을(를) 찾음). `apt install chromium`으로 설치하거나 "
        "--browser PATH로 알려 주세요."
    ),
    "No chromedriver found. Install the one that belongs to your browser, such as `apt install "
    "chromium-driver`, or name it with --driver PATH.": (
        "chromedriver를 찾지 못했습니다. `apt install chromium-driver`처럼 브라우저에 맞는 것을 설치하거나 "
        "--driver PATH로 알려 주세요."
    ),
    "No copy": "사본 아님",
    "No image": "이미지 아님",
    "No permission to write there: change its owner or choose another folder.": (
        "쓸 권한이 없습니다. 소유자를 바꾸거나 다른 폴더를 고르세요."
    ),
    "No photo": "사진 아님",
    "No photos to try: {reason}": ("시험해 볼 사진이 없습니다: {reason}"),
    "No query brought them; run the crawl again.": ("어떤 검색어로 왔는지 모릅니다. 크롤링을 다시 실행하세요."),
    "No samples yet.": ("아직 샘플이 없습니다."),
    "No word can keep this one: it has no picture, no source, or no side to stand on.": (
        "이것은 남길 수 없습니다. 그림이나 출처가 없거나, 어느 쪽에도 설 수 없습니다."
    ),
    "Noisy": "잡음",
    "Not even their sharpest spot is sharp.": "가장 선명한 곳도 선명하지 않습니다.",
    "Note": "메모",
    "Nothing certain is wrong with them. Look at these first.": ("확실한 문제는 없습니다. 이것부터 살펴보세요."),
    "Nothing changed since the last curation.": "지난번 고르기 뒤로 바뀐 것이 없습니다.",
    "Nothing is changed": ("아무것도 바뀌지 않음"),
    "Nothing is measured yet: losses are written every 20 steps.": (
        "아직 측정한 것이 없습니다. 손실은 20단계마다 기록됩니다."
    ),
    "Nothing new: everything that was found is known already.": ("새로운 것이 없습니다: 찾은 것은 모두 이미 있습니다."),
    "Nothing of it was in the dataset any more; no crawl will bring it.": (
        "데이터셋에 남아 있던 것이 없습니다. 앞으로의 수집에서도 가져오지 않습니다."
    ),
    "Nothing was decided.": "정한 것이 없습니다.",
    "Nothing was rejected.": "제외된 이미지가 없습니다.",
    "Numbers to compute in; bf16 is faster and coarser.": ("계산에 쓸 숫자. bf16은 더 빠르고 더 거칩니다."),
    "Of a model: which way it translates.": ("모델: 변환하는 방향."),
    "Of {count} images no licence is known: ask before you share them, or share a recipe (pipeline export "
    "--format recipe).": (
        "이미지 {count}장은 라이선스를 알 수 없습니다. 나누기 전에 허락을 구하거나 recipe를 나누세요 (pipeline "
        "export --format recipe)."
    ),
    "Of {pairs} pairs of different photos {linked} were linked and {copies} called copies.": (
        "서로 다른 사진 {pairs}쌍 가운데 {linked}쌍이 이어졌고 {copies}쌍이 사본으로 판정되었습니다."
    ),
    "Off topic": "주제 벗어남",
    "Open the address that pipeline {command} printed, with its token. If it was used already, start the "
    "command again.": (
        "pipeline {command}가 출력한 주소를 토큰까지 그대로 여세요. 이미 쓴 주소라면 명령을 다시 시작하세요."
    ),
    "OpenCV cannot run it ({error})": "OpenCV가 실행하지 못합니다({error})",
    "Options": "옵션",
    "Or try one of these, which the model never saw:": ("또는 모델이 본 적 없는 이 사진들로 해 보세요:"),
    "Out of memory before a checkpoint was written. What takes less: {remedies}.": (
        "체크포인트를 쓰기 전에 메모리가 모자랐습니다. 줄이려면: {remedies}."
    ),
    "Out of memory. The last good checkpoint: {checkpoint}. What takes less: {remedies}; a new run begins "
    "with the weights of this one by --init-from {run} where its networks are the same.": (
        "메모리가 모자랍니다. 마지막 정상 체크포인트: {checkpoint}. 줄이려면: {remedies}. 네트워크가 같으면 "
        "새 실행을 --init-from {run}으로 이 가중치에서 시작할 수 있습니다."
    ),
    "Output": "출력",
    "Photo": ("사진"),
    "Point at a curve, or move with the arrow keys, to read its values.": (
        "곡선을 가리키거나 화살표 키로 움직이면 값을 읽을 수 있습니다."
    ),
    "Politeness and limits": "예의와 한도",
    "Posterised": "계조가 적음",
    "Print one JSON object and nothing else.": "JSON 객체 하나만 출력합니다.",
    "Print the page's address and open no browser.": "페이지의 주소만 출력하고 브라우저를 열지 않습니다.",
    "Processes that decode; 0 takes one for each core.": "디코딩 프로세스 수. 0이면 코어마다 하나.",
    "Reading images": "이미지 읽는 중",
    "Redo": "다시 하기",
    "Reject": "제외",
    "Reject images whose shorter side has fewer pixels; 0 means half of --size.": (
        "짧은 변의 픽셀 수가 이보다 적은 이미지를 제외합니다. 0은 --size의 절반입니다."
    ),
    "Rejected by you": "직접 제외한 것",
    "Remove images for good by address, host or sha256; only hashes stay, so that they never return.": (
        "주소, 호스트, sha256으로 이미지를 영구히 지웁니다. 다시 들어오지 않도록 해시만 남깁니다."
    ),
    "Resizing images": "이미지 크기 조정",
    "Review: {address} (Ctrl-C ends it; the address works once)": (
        "검토: {address} (Ctrl-C로 끝냅니다. 주소는 한 번만 쓸 수 있습니다)"
    ),
    "Run the browser without its sandbox, as root must.": (
        "샌드박스 없이 브라우저를 실행합니다. root는 이 옵션이 필요합니다."
    ),
    "Runs that were trained on it: {runs}": "이 이미지로 학습한 실행: {runs}",
    "Samples over time": ("시간에 따른 샘플"),
    "Save": "저장",
    "Save decisions": "결정 저장",
    "Saved as {file}. Now run: pipeline curate --review {file}": (
        "{file}(으)로 저장했습니다. 이제 실행하세요: pipeline curate --review {file}"
    ),
    "Say what is there and what is missing, each with its remedy.": (
        "있는 것과 없는 것을 해결 방법과 함께 알려 줍니다."
    ),
    "Say what would be done; write nothing but augmented.jpg, in this folder.": (
        "무엇을 할지만 알려 줍니다. 이 폴더에 augmented.jpg만 씁니다."
    ),
    "Schedule": "일정",
    "Select": "선택",
    "Serve the photos of this folder for A, in place of drawn streets.": (
        "그린 거리 대신 이 폴더의 사진을 A로 내놓습니다."
    ),
    "Serve the photos of this folder for B, in place of drawn streets.": (
        "그린 거리 대신 이 폴더의 사진을 B로 내놓습니다."
    ),
    "Serving: {address} (Ctrl-C ends it)": ("변환 페이지: {address} (Ctrl-C로 끝냅니다)"),
    "Settings of a published CycleGAN: paper, aitorzip, official, aladdinpersson or tensorflow.": (
        "공개된 CycleGAN의 설정: paper, aitorzip, official, aladdinpersson, tensorflow."
    ),
    "Share of the images that train; the rest tests.": "학습에 쓸 이미지의 비율. 나머지는 테스트.",
    "Share of the steps in which the identity weight falls to 0; 0 keeps it.": (
        "항등 가중치가 0으로 내려가는 데 쓰는 단계의 비율. 0이면 그대로."
    ),
    "Shorter side before the random crop; 0 takes 286/256 of --size.": (
        "무작위로 자르기 전 짧은 변. 0이면 --size의 286/256."
    ),
    "Shorter side of the finished images in pixels; smaller ones are not enlarged.": (
        "완성된 이미지의 짧은 변 픽셀. 더 작은 것은 키우지 않음."
    ),
    "Show curves and pictures elsewhere too: visdom,tensorboard,wandb or some.": (
        "곡선과 그림을 다른 곳에도 보여 줍니다: visdom,tensorboard,wandb 또는 그 일부."
    ),
    "Show the browser's window.": "브라우저 창을 보여 줍니다.",
    "Side in pixels of the squares that are trained on.": "학습에 쓰는 정사각형의 변 픽셀.",
    "Side of the tiles of pictures with more pixels than one; 0 decides by the memory.": (
        "타일 하나보다 픽셀이 많은 그림의 타일 한 변. 0이면 메모리에 맞춥니다."
    ),
    "Slivers": "길쭉함",
    "Somebody else decided about this one meanwhile. Look again.": (
        "그사이 다른 곳에서 이것을 정했습니다. 다시 보세요."
    ),
    "Sort out duplicates and what is no photo, resize, and split into train and test.": (
        "중복과 사진이 아닌 것을 골라내고, 크기를 맞추고, train과 test로 나눕니다."
    ),
    "Step {step}: the loss {name} is no number any more. The last good checkpoint: {checkpoint}. Train again "
    "with a lower --learning-rate.": (
        "단계 {step}: 손실 {name}이(가) 더는 숫자가 아닙니다. 마지막 정상 체크포인트: {checkpoint}. "
        "--learning-rate를 낮춰 다시 학습하세요."
    ),
    "Step {step}: {name}{ways}. {advice}": ("단계 {step}: {name}{ways}. {advice}"),
    "Steps between checkpoints; 0 makes one each twentieth.": ("체크포인트 사이의 단계 수. 0이면 20분의 1마다."),
    "Steps between sample sheets; 0 makes one each tenth of the run.": ("샘플 사이의 단계 수. 0이면 10분의 1마다."),
    "Steps in all, in place of epochs: a half at the full rate, a half falling.": (
        "에폭 대신 전체 단계 수. 절반은 학습률 그대로, 절반은 감소."
    ),
    "Stopped at step {step}: the time budget is spent.": ("단계 {step}에서 멈춤: 정한 시간을 다 썼습니다."),
    "Stopped.": ("멈췄습니다."),
    "Stopped. Go on with: pipeline train --resume": ("멈췄습니다. 이어 가려면: pipeline train --resume"),
    "Stopped. What was done is kept; the same command goes on from there.": (
        "멈췄습니다. 한 일은 남아 있고, 같은 명령이 거기서 이어 갑니다."
    ),
    "Stopping: running downloads may end, the rest waits for the next crawl.": (
        "멈추는 중: 진행 중인 다운로드만 마치고 나머지는 다음 수집으로 미룹니다."
    ),
    "Take a folder of your own photos into the dataset.": "내 사진 폴더를 데이터셋에 넣습니다.",
    "Take or choose a photo": ("사진을 찍거나 고르세요"),
    "Take over the decisions that a person saved from the report's page.": (
        "보고서 페이지에서 사람이 저장한 결정을 가져옵니다."
    ),
    "Teach a CycleGAN to translate A to B and B to A.": ("CycleGAN에게 A를 B로, B를 A로 바꾸는 법을 가르칩니다."),
    "Text": "글자",
    "That is for copies only.": "사본에만 쓸 수 있습니다.",
    "The adversarial loss.": "적대적 손실.",
    "The blocks of a heavy JPEG compression show.": "심한 JPEG 압축의 블록이 보입니다.",
    "The browser does not answer: {message}. What was found is kept; run the same command again (`pipeline "
    "doctor` says what is missing).": (
        "브라우저가 응답하지 않습니다: {message}. 찾은 것은 남아 있습니다. 같은 명령을 다시 "
        "실행하세요(`pipeline doctor`가 없는 것을 알려 줍니다)."
    ),
    "The browser ended as it started: {message}. Where a container forbids its sandbox, say --no-sandbox; else "
    "`pipeline doctor` says what is missing.": (
        "브라우저가 시작하자마자 끝났습니다: {message}. 컨테이너가 샌드박스를 금지하면 --no-sandbox를 주세요. "
        "그 밖에 빠진 것은 `pipeline doctor`가 알려 줍니다."
    ),
    "The browser stopped answering. Another one is started and the search goes on.": (
        "브라우저가 응답하지 않습니다. 새 브라우저를 시작해 검색을 이어 갑니다."
    ),
    "The browser's program; else it is looked for.": "브라우저 프로그램. 없으면 찾습니다.",
    "The browser's sandbox does not work for root, and without it a page of {hosts} could take over this "
    "machine. Run as a normal user, or say --no-sandbox where the machine is disposable, as a container.": (
        "root로는 브라우저의 샌드박스가 작동하지 않으며, 샌드박스가 없으면 {hosts}의 페이지가 이 컴퓨터를 "
        "장악할 수 있습니다. 일반 사용자로 실행하거나, 컨테이너처럼 버려도 되는 환경이면 --no-sandbox를 "
        "주세요."
    ),
    "The bytes are no image in a format that is read.": "읽을 수 있는 형식의 이미지가 아닙니다.",
    "The chromedriver's program; else it is looked for.": ("chromedriver 프로그램. 없으면 찾습니다."),
    "The colour that prevails.": "주된 색.",
    "The dataset, as --dataset PATH.": "데이터셋. --dataset PATH와 같습니다.",
    "The decoder crashed or did not end, twice.": "디코더가 두 번 충돌하거나 끝나지 않았습니다.",
    "The discriminator has won": ("판별기가 이겼음"),
    "The epoch at which the learning rate begins to fall; no length.": (
        "학습률이 내려가기 시작하는 에포크. 길이가 아닙니다."
    ),
    "The file has no bytes.": "파일에 내용이 없습니다.",
    "The file is no longer in raw/; crawl it again.": "파일이 raw/에 없습니다. 다시 크롤링하세요.",
    "The file is too large. At most {count} MB are taken.": ("파일이 너무 큽니다. 최대 {count} MB까지 받습니다."),
    "The file's bytes are no longer those that were downloaded.": "파일 내용이 내려받은 것과 다릅니다.",
    "The image cannot be decoded to its end.": "이미지를 끝까지 디코딩할 수 없습니다.",
    "The memory is not enough for this picture. Send a smaller one.": (
        "이 그림에는 메모리가 모자랍니다. 더 작은 것을 보내세요."
    ),
    "The model card tells no sources: {error}": "모델 카드에 출처를 적지 못했습니다: {error}",
    "The picture is damaged.": ("그림이 손상되었습니다."),
    "The picture is not there.": ("그림이 없습니다."),
    "The picture is too large. At most {count} million pixels are taken.": (
        "그림이 너무 큽니다. 최대 {count}백만 픽셀까지 받습니다."
    ),
    'The query is empty. Give words to search for, such as "벚꽃 이미지".': (
        '검색어가 비어 있습니다. "벚꽃 이미지" 같은 말을 주세요.'
    ),
    "The recipe does not know the query {query}. Say which side it belongs to: --domain A ({a}) or --domain B ({b}).": (
        "레시피에 없는 검색어 {query}입니다. 어느 쪽인지 알려 주세요: --domain A ({a}) 또는 --domain B ({b})."
    ),
    "The recipe's or model's file, or the pictures' folder; else named after the dataset or run, in this folder.": (
        "recipe나 모델의 파일, 또는 그림 폴더. 없으면 이 폴더에 데이터셋이나 실행의 이름으로."
    ),
    "The run that learned it; else the latest.": "이를 배운 실행. 없으면 가장 최근 것.",
    "The same picture was found for A and for B.": "같은 그림이 A와 B 양쪽에서 나왔습니다.",
    "The same seed gives the same run.": "같은 시드는 같은 결과를 냅니다.",
    "The search engine, or several that take turns: google, bing, naver, duckduckgo, openverse, commons.": (
        "검색 엔진. 여러 개면 번갈아 묻습니다: google, bing, naver, duckduckgo, openverse, commons."
    ),
    "The shape of the images.": "이미지의 가로세로 모양.",
    "The side that the images belong to.": "이미지가 속한 쪽.",
    "The size of the images, in the engine's own words.": "검색 엔진이 말하는 이미지 크기.",
    "The whole main job on this machine without a network, in minutes.": (
        "이 컴퓨터에서 네트워크 없이 몇 분 안에 전 과정을 보여 줍니다."
    ),
    "Their brightness hardly varies.": "밝기가 거의 변하지 않습니다.",
    "Their shorter side has too few pixels.": "짧은 변의 픽셀 수가 모자랍니다.",
    "There are even strips along their edges.": "가장자리에 고른 띠가 있습니다.",
    "There is next to nothing on them.": "거의 아무것도 없습니다.",
    "There is no such direction.": ("그런 방향이 없습니다."),
    "There is no such file.": ("그런 파일이 없습니다."),
    "There is no such picture.": "그런 그림이 없습니다.",
    "There is noise even where nothing is.": "아무것도 없는 곳에도 잡음이 있습니다.",
    "There is nothing more.": "더는 없습니다.",
    "They are more like the images of the other domain.": "다른 도메인의 이미지를 더 닮았습니다.",
    "They are much longer than wide, as banners are.": "배너처럼 한쪽이 지나치게 깁니다.",
    "They have no colour.": "색이 없습니다.",
    "They have no detail at the size that they have.": "크기에 걸맞은 세부가 없습니다.",
    "They have only a few levels of brightness.": "밝기 단계가 몇 개뿐입니다.",
    "They look like images that train and like images that test; keeping them would leak between both.": (
        "학습 이미지와도 테스트 이미지와도 닮아서, 남기면 둘 사이에 정보가 샙니다."
    ),
    "They show something else than the rest of their domain.": ("같은 도메인의 다른 이미지와는 다른 것을 보여 줍니다."),
    "They were made from the same picture as an image that was kept.": ("남긴 이미지와 같은 그림에서 만들어졌습니다."),
    "This address has run out. Start pipeline review again.": (
        "이 주소는 더 쓸 수 없습니다. pipeline review를 다시 시작하세요."
    ),
    "This browser keeps nothing: save your decisions before you close the page.": (
        "이 브라우저는 아무것도 보관하지 않습니다. 페이지를 닫기 전에 결정을 저장하세요."
    ),
    "This command needs torch. Install it: pip install -e '.[train]'": (
        "이 명령에는 torch가 필요합니다. 설치하세요: pip install -e '.[train]'"
    ),
    "This is no picture that can be read: JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF.": (
        "읽을 수 있는 그림이 아닙니다. JPEG, PNG, WebP, AVIF, GIF, BMP, TIFF를 읽습니다."
    ),
    "This one instead": "이것으로 바꾸기",
    "This page needs JavaScript; it loads nothing from anywhere.": (
        "이 페이지는 자바스크립트가 필요하며, 어디서도 아무것도 불러오지 않습니다."
    ),
    "This request does not come from the page.": "이 페이지에서 온 요청이 아닙니다.",
    "This server has another name: {address}": "이 서버의 이름은 다릅니다: {address}",
    "This token was used already, or is another one's. Start pipeline {command} again.": (
        "이미 쓴 토큰이거나 다른 토큰입니다. pipeline {command}를 다시 시작하세요."
    ),
    "Threads that load images ahead; -1 takes one for each core, at most 4; 0 loads between the steps.": (
        "이미지를 미리 읽는 스레드 수. -1이면 코어마다 하나, 최대 4. 0이면 단계 사이에 읽음."
    ),
    "Time to train for, in place of epochs: 90s, 6m, 2h. Beside --steps: stop by then.": (
        "에폭 대신 학습할 시간: 90s, 6m, 2h. --steps와 함께면 그때까지만."
    ),
    "To {name}": "{name}(으)로",
    "Too many pixels": "픽셀이 너무 많음",
    "Too small": "너무 작음",
    "Train again with a lower --learning-rate.": ("--learning-rate를 낮춰 다시 학습하세요."),
    "Train and test cannot be compared: one of them is empty.": (
        "train과 test를 비교할 수 없습니다. 한쪽이 비어 있습니다."
    ),
    "Train on the NVIDIA GPU.": "NVIDIA GPU로 학습합니다.",
    "Training": "학습 중",
    "Translate on the NVIDIA GPU.": "NVIDIA GPU로 변환합니다.",
    "Translate pictures of your own, each at its own size.": "내 사진을 원래 크기 그대로 변환합니다.",
    "Translate the test images both ways, into the run's folder.": (
        "테스트 이미지를 양방향으로 변환해 실행 폴더에 넣습니다."
    ),
    "Translating": "변환 중",
    "Translating ...": ("변환하는 중 ..."),
    "Translations equal their inputs. Raise --learning-rate or lower --identity-weight and --cycle-weight; "
    "look whether both domains hold the same images.": (
        "변환 결과가 입력과 같습니다. --learning-rate를 높이거나 --identity-weight와 --cycle-weight를 "
        "낮추고, 두 도메인에 같은 이미지가 들어 있지 않은지 확인하세요."
    ),
    "Translations of different images look nearly alike. Raise --cycle-weight, lower --learning-rate, or "
    "begin again from an earlier checkpoint; look whether the images of that domain are varied themselves.": (
        "서로 다른 이미지의 변환 결과가 거의 같습니다. --cycle-weight를 높이거나 --learning-rate를 낮추거나 "
        "이전 체크포인트에서 다시 시작하고, 그 도메인의 이미지 자체가 다양한지 확인하세요."
    ),
    "Try temporary failures of earlier crawls again.": "이전에 일시적으로 실패한 것을 다시 시도합니다.",
    "Two search queries in, a trained unpaired image-to-image translator out.\n\ncrawl, curate, train and test "
    "are the stages; run does them all by pipeline.toml; demo shows the whole way here.": (
        "검색어 두 개를 넣으면, 학습된 이미지 변환기가 나옵니다.\n\ncrawl, curate, train, test가 단계이고, "
        "run은 pipeline.toml대로 모두 하며, demo는 전 과정을 보여 줍니다."
    ),
    "Under an open licence, as far as the engine knows.": ("검색 엔진이 아는 한에서 공개 라이선스인 이미지만."),
    "Undo": "되돌리기",
    "Up to {count} MB. Nothing is stored: photo and result are in the memory only.": (
        "최대 {count} MB. 아무것도 저장하지 않습니다. 사진과 결과는 메모리에만 있습니다."
    ),
    "Warnings": ("경고"),
    "Watching: {address} (Ctrl-C ends it, and no training)": (
        "지켜보는 주소: {address} (Ctrl-C로 끝내며, 학습은 계속됩니다)"
    ),
    "Share of the cycle loss that also teaches the generator that goes first; the paper: all.": (
        "순환 손실이 먼저 옮기는 생성기도 가르치는 비율. 논문에서는 전부."
    ),
    "The same share of B's cycle loss; else the same.": "B의 순환 손실에서 그 비율. 없으면 같은 값.",
    "Weight of B's cycle loss; else the same.": "B의 순환 손실 가중치. 없으면 같은 값.",
    "Weight of B's identity loss; else the same.": "B의 항등 손실 가중치. 없으면 같은 값.",
    "Weight of the cycle loss.": "순환 손실의 가중치.",
    "Weight of the identity loss.": "항등 손실의 가중치.",
    "What a generator gives: an image, a change to its input, or a change that goes by colour.": (
        "생성기가 내는 것: 이미지, 입력에 더할 변화, 또는 색에 따른 변화."
    ),
    "What is judged: patches, or pixels.": "판별하는 단위: 조각 또는 픽셀.",
    "What is light in the input is dark in the translation. Unless that is wanted, train again with an "
    "--identity-weight of 5 or more, with --predict change, or with another --seed.": (
        "입력에서 밝은 곳이 변환 결과에서 어둡습니다. 바라던 것이 아니라면 --identity-weight를 5 이상으로 "
        "하거나 --predict change 또는 다른 --seed로 다시 학습하세요."
    ),
    "What is written.": "무엇을 쓸지 정합니다.",
    "What kind of picture.": "그림의 종류.",
    "What networks compute in: bf16 takes half the time where the processor has it; fp16 needs --cuda.": (
        "신경망의 계산 형식: bf16은 프로세서가 지원하면 시간이 절반입니다. fp16에는 --cuda가 필요합니다."
    ),
    "What the dataset holds, how far its review is, the runs that used it, and what to do next.": (
        "데이터셋에 있는 것, 검토가 어디까지 왔는지, 학습에 쓴 실행, 다음에 할 일."
    ),
    "What you decide outranks every check, as soon as pipeline curate runs again. Press ? for the keys.": (
        "정한 것은 pipeline curate를 다시 실행하면 모든 검사보다 앞섭니다. 키 목록은 ?를 누르세요."
    ),
    "Where from": "출처",
    "Where the run folders lie.": "실행 폴더가 있는 곳.",
    "Where visdom answers.": ("visdom의 주소."),
    "Which streets are drawn, and how the training begins.": ("어떤 거리를 그리고 학습을 어떻게 시작할지 정합니다."),
    "Which way a run translates.": "실행이 변환하는 방향.",
    "Which way is tested.": ("테스트할 방향."),
    "With --live: run the browser without its sandbox, as root must.": (
        "--live와 함께: 샌드박스 없이 브라우저를 실행합니다. root는 이 옵션이 필요합니다."
    ),
    "With --live: the engine's base address.": "--live와 함께: 검색 엔진의 기본 주소.",
    "With cyclegan, trainA, trainB, testA and testB beside train and test, as links to the same images.": (
        "cyclegan이면 train, test 옆에 trainA, trainB, testA, testB도 같은 이미지의 링크로 만듭니다."
    ),
    "Without a source": "출처 없음",
    "Write the dataset in a form to share: its pictures as imagefolder, webdataset or parquet, or a recipe, "
    "which holds addresses, hashes and verdicts, no image. Or a run's generator: onnx, torchscript, safetensors, "
    "pth.": (
        "데이터셋을 나눌 수 있는 형태로 저장합니다. 그림은 imagefolder, webdataset, parquet으로, "
        "또는 그림 없이 주소, 해시, 판정만 담은 recipe로. 또는 실행의 생성기를 onnx, torchscript, safetensors, pth로."
    ),
    "Writing the report": "보고서 쓰기",
    "`pipeline curate` brings the report up to date.": ("`pipeline curate`를 실행하면 보고서가 새로 만들어집니다."),
    "a copy of what you rejected (correlation {score})": "제외한 그림의 사본(상관 {score})",
    "a list of at least one search query": "하나 이상의 검색어 목록",
    "a list of texts": "글 목록",
    "a multiple of {side} for {generator}": "{generator}에서는 {side}의 배수",
    "a number": "숫자",
    "a number above 0": "0보다 큰 수",
    "a number from 0": "0 이상의 수",
    "a number of seconds above 0": "0보다 큰 초",
    "a picture without a title": "제목 없는 그림",
    "a review said something since the last curation": ("마지막으로 고른 뒤 검토에서 정한 것이 있습니다"),
    "a table, written [{key}]": "[{key}]로 쓴 표",
    "a text in quotes": "따옴표로 묶은 글",
    "a whole number": "정수",
    "a worker process could not start": "작업 프로세스를 시작할 수 없습니다",
    "above 0 and below 1, such as 0.9": "0보다 크고 1보다 작은 수, 예: 0.9",
    "after": ("후"),
    "all images": "모든 이미지",
    "all queries": "모든 검색어",
    "all reasons": "모든 이유",
    "an NVIDIA driver, but torch {torch} cannot use it": ("NVIDIA 드라이버는 있지만 torch {torch}가 쓸 수 없음"),
    "an address of this machine, such as 127.0.0.1": "127.0.0.1 같은 이 컴퓨터의 주소",
    "an address that begins with http:// or https://": ("http:// 또는 https://로 시작하는 주소"),
    "an http or https address": "http 또는 https 주소",
    "and {count} more (all with --json)": ("그 밖에 {count}개 (--json으로 모두 볼 수 있습니다)"),
    "and {count} more that are not shown": "그리고 보이지 않는 {count}장 더",
    "another folder than --domain-a": "--domain-a와 다른 폴더",
    "as of": ("기준 시각"),
    "attribution": "저작자 표시",
    "before": ("전"),
    "both domains": "두 도메인",
    "browser {browser}, driver {driver}": "브라우저 {browser}, 드라이버 {driver}",
    "called a copy": "사본으로 판정",
    "changed by the limit": "한계값으로 바뀌는 것",
    "comes first by its hash": "해시 순서가 앞섬",
    "decided by you": "정한 것",
    "defaults": ("기본값"),
    "each engine once": "엔진마다 한 번씩만",
    "edit": "편집",
    "engine": "엔진",
    "epoch": ("에포크"),
    "failed": "실패",
    "fetched": "받음",
    "file": "파일",
    "filters": "필터",
    "finished": ("완료"),
    "finished, {step} steps": ("끝남, {step} 단계"),
    "for engines that are asked: {names}": "물어볼 엔진의 주소: {names}",
    "found": "찾음",
    "found for {a} and for {b}": "{a}와(과) {b} 양쪽에서 발견",
    "fp32 or bf16 without --cuda": "--cuda 없이는 fp32 또는 bf16",
    "from 0 to 1": "0부터 1까지",
    "from 0 to 399": "0에서 399",
    "from 0 to 65535": "0에서 65535까지",
    "from 0 to below 1": "0 이상 1 미만",
    "from 16 to 8192 pixels": "16에서 8192픽셀",
    "given together with --photos-b": "--photos-b와 함께 주어야 함",
    "go to another image": "다른 이미지로 이동",
    "has more bytes": "바이트가 더 많음",
    "has more pixels": "픽셀이 더 많음",
    "has more real detail": "실제 세부가 더 많음",
    "images": ("이미지"),
    "it brings its process down, or takes more than two minutes": "프로세스를 죽이거나 2분 넘게 걸립니다",
    "it cannot be read ({error})": "읽을 수 없습니다({error})",
    "it enlarges by resizing, which theirs do not": "크기 조정으로 키우는데, 그쪽 생성기는 그렇지 않음",
    "it failed ({reason})": ("실패했습니다({reason})"),
    "it is being trained": ("지금 학습하고 있습니다"),
    "it is finished and was not tested": ("끝났고 아직 시험하지 않았습니다"),
    "it is finished; translate photos of your own": ("끝났습니다. 내 사진을 변환해 보세요"),
    "it is larger than 2 GB": "2 GB보다 큽니다",
    "it is no ONNX file or a damaged one": "ONNX 파일이 아니거나 손상되었습니다",
    'it is not installed: pip install "unpaired[{extra}]"': ('설치되어 있지 않습니다: pip install "unpaired[{extra}]"'),
    "it predicts a change, which theirs do not": "변화를 예측하는데, 그쪽 생성기는 그렇지 않음",
    "it stopped before its end": ("끝나기 전에 멈췄습니다"),
    "its U-Net is of the form of TensorFlow's tutorial": "TensorFlow 튜토리얼 형태의 U-Net임",
    "its inputs are {inputs}": "입력이 {inputs}입니다",
    "its like in the other domain": "다른 도메인의 닮은 이미지",
    "its norms have scales, which their instance norms do not": (
        "정규화에 배율이 있는데, 그쪽 인스턴스 정규화에는 없음"
    ),
    "its outputs are {outputs}": "출력이 {outputs}입니다",
    "its weights lie in other files; save it as one (torch.onnx.export: external_data=False)": (
        "가중치가 다른 파일에 있습니다. 파일 하나로 저장하세요(torch.onnx.export: external_data=False)"
    ),
    "kept": "남김",
    "kept instead": "대신 남긴 이미지",
    "learning rate": ("학습률"),
    "licence": "라이선스",
    "measures: none, since photos have no truth to compare with": ("측정값: 없음. 사진에는 견줄 정답이 없습니다"),
    "missing": "없음",
    "neither residual blocks nor a U-Net": "잔차 블록도 U-Net도 없음",
    "next": ("다음"),
    "next group": "다음 묶음",
    "next image that nobody looked at": "아직 안 본 다음 이미지",
    "no --size fits": ("들어가는 --size가 없음"),
    "no NVIDIA GPU here; training runs on the CPU": "NVIDIA GPU 없음. CPU로 학습합니다",
    "no filter": "필터 없음",
    "no image of {domain} is left to train on": ("학습할 {domain} 이미지가 없습니다"),
    "no layer is called {names}": "{names}(이)라는 층이 없음",
    "no picture": "그림 없음",
    "no run was trained on it yet": ("아직 이것으로 학습한 실행이 없습니다"),
    "no visdom server answers at {url} ({reason}); start one (python -m visdom.server) or say --track-url": (
        "{url}에서 visdom 서버가 응답하지 않습니다({reason}). 서버를 시작하거나(python -m visdom.server) "
        "--track-url을 지정하세요"
    ),
    "nobody looked at {count} doubtful images; or train right away": (
        "의심스러운 이미지 {count}장을 아무도 보지 않았습니다. 바로 학습해도 됩니다"
    ),
    "none": ("없음"),
    "not looked at": "아직 안 본 것",
    "nothing": "그대로",
    "nothing is here yet": ("아직 아무것도 없습니다"),
    "of what was found nothing could be fetched; it says why": (
        "찾은 것 가운데 받은 것이 없습니다. 이유를 알려 줍니다"
    ),
    "one of {names}": "{names} 중 하나",
    "one or several of {names}": "{names} 가운데 하나 또는 여럿",
    "opaque": "불투명",
    "over the picture": "덧씌움",
    "own photos": "내 사진",
    "page": "페이지",
    "picture": "그림",
    "pictures translated into {folder}: {count}": ("{folder}에 변환한 사진: {count}장"),
    "pipeline review does not answer. Start it again; what was decided is stored.": (
        "pipeline review가 응답하지 않습니다. 다시 시작하세요. 정한 것은 저장되어 있습니다."
    ),
    "pipeline serve does not answer. Start it again.": ("pipeline serve가 응답하지 않습니다. 다시 시작하세요."),
    "pipeline watch does not answer. What is shown is the last that it said.": (
        "pipeline watch가 응답하지 않습니다. 마지막으로 받은 내용을 보여 주고 있습니다."
    ),
    "previous group": "이전 묶음",
    "query": "검색어",
    "real {domain}": ("실제 {domain}"),
    "rejected": "제외",
    "report": "보고서",
    "result": "결과",
    "reviewed": ("검토"),
    "running, step {step} of {steps}": ("학습 중, {steps} 가운데 {step} 단계"),
    "runs": ("실행"),
    "scaled down from": ("줄이기 전"),
    "score {score}, limit {threshold}": "점수 {score}, 한계 {threshold}",
    "seconds": "초",
    "seconds a step": ("단계당 초"),
    "select on the way": "이동하며 선택",
    "select the whole group, or none of it": "묶음 전체 선택 또는 해제",
    "set by you or by a preset": ("직접 또는 프리셋으로 정한 값"),
    "shorter side {score} px, at least {threshold}": ("짧은 변 {score}px, 최소 {threshold}px"),
    "so few that --size halves to 4 or more": "--size를 절반씩 줄여도 4 이상이 남는 수",
    "some of {kinds}, with commas": "{kinds} 가운데 쉼표로 이은 것",
    "split": "나눔",
    "step": ("단계"),
    "step {step}": ("단계 {step}"),
    "stopped at step {step} of {steps}": ("{steps} 가운데 {step} 단계에서 멈춤"),
    "such as 90s, 6m or 2h": "90s, 6m, 2h 같은 값",
    "the file changed while it was in use": "사용하는 동안 파일이 바뀌었습니다",
    "the greatest --size that fits is {size}": ("들어가는 가장 큰 --size는 {size}"),
    "the images are not curated, or not to the end": ("이미지를 아직 고르지 않았거나 끝까지 고르지 않았습니다"),
    "the layer {name} is missing": "{name} 층이 없음",
    "the name of a folder": "폴더 이름",
    "the same content behind a badge": "표지 뒤에 같은 내용",
    "the same content behind a bar": "띠 뒤에 같은 내용",
    "the same content behind a faint veil": "옅은 막 뒤에 같은 내용",
    "the same content behind a veil": "막 뒤에 같은 내용",
    "the same content behind a veil with letters": "글자가 있는 막 뒤에 같은 내용",
    "the same content behind letters": "글자 뒤에 같은 내용",
    "the same content everywhere": "어디나 같은 내용",
    "there is no such file": "그런 파일이 없습니다",
    "time left": ("남은 시간"),
    "too few layers for a discriminator": "판별기로는 층이 너무 적음",
    "too slow; some of its curves are left out": ("너무 느려서 곡선 일부가 빠집니다"),
    "trained for": ("학습 시간"),
    "transfer": "색 이전",
    "translate: no FILE. Give photos, or a folder of them.": (
        "translate: FILE이 없습니다. 사진이나 사진 폴더를 주세요."
    ),
    "translucent": "반투명",
    "true or false": "true 또는 false",
    "unfinished": ("미완료"),
    "unknown without torch": "torch가 없어 알 수 없음",
    "up to date": "이미 되어 있음",
    "was chosen by you": "직접 고름",
    "what you rejected": "제외한 그림",
    "with a note": "메모가 있는 것",
    "would reject {rejected} more and keep {kept} more": "{rejected}장을 더 제외하고 {kept}장을 더 남김",
    "you keep it": "남기기로 함",
    "you keep the other one": "다른 것을 남김",
    "you keep this one instead": "대신 이것을 남김",
    "you moved it to {name}": "{name}(으)로 옮김",
    "you reject it": "제외하기로 함",
    "you say: no copy": "사본이 아니라고 함",
    "{a} images of {name_a} (A) and {b} of {name_b} (B) translated: {sheet}": (
        "{name_a} (A) {a}장과 {name_b} (B) {b}장을 변환함: {sheet}"
    ),
    "{candidates} candidates: fetched {fetched}, waiting {waiting}, failed {failed}": (
        "후보 {candidates}: 받음 {fetched}, 대기 {waiting}, 실패 {failed}"
    ),
    "{count} decisions. They count from the next pipeline curate on.": (
        "결정 {count}개. 다음 pipeline curate부터 반영됩니다."
    ),
    "{count} files in {folder} had no row and were adopted.": (
        "{folder}에서 기록이 없던 파일 {count}개를 받아들였습니다."
    ),
    "{count} files skipped: no pictures": ("그림이 아닌 파일 {count}개를 건너뜀"),
    "{count} images are kept decoded in memory: {size} MB; {others} more would not fit and are decoded each time.": (
        "이미지 {count}장을 디코딩해 메모리에 둡니다: {size} MB. {others}장은 들어가지 않아 매번 디코딩합니다."
    ),
    "{count} images are no longer in the dataset.": "이미지 {count}장이 더는 데이터셋에 없습니다.",
    "{count} images came since the last curation": ("마지막으로 고른 뒤 이미지 {count}장이 더 왔습니다"),
    "{count} images have no address on the web; a recipe cannot bring them.": (
        "이미지 {count}장은 웹 주소가 없어 recipe로 다시 가져올 수 없습니다."
    ),
    "{count} images of the recipe have vanished:": "recipe의 이미지 {count}장이 사라졌습니다:",
    "{count} of the selected images were left out.": "선택한 이미지 가운데 {count}장은 빠졌습니다.",
    "{count} older ones (all with --json)": ("더 오래된 것 {count}개(전체는 --json)"),
    "{count} photos translated; none was kept.": ("사진 {count}장을 변환했고, 아무것도 남기지 않았습니다."),
    "{count} photos wait already. Try again in a moment.": (
        "사진 {count}장이 이미 기다리고 있습니다. 잠시 후 다시 해 보세요."
    ),
    "{count} results of the search page could not be read.": ("검색 페이지의 결과 {count}개는 읽지 못했습니다."),
    "{count} selected": "{count}장 선택",
    "{count} unusable files were skipped.": "쓸 수 없는 파일 {count}개를 건너뛰었습니다.",
    "{dataroot}: {a} images of {name_a} (A) and {b} of {name_b} (B), {steps} steps, {device}. How images are "
    "cut and mirrored: {augmented}. Nothing else was written.": (
        "{dataroot}: {name_a}(A) {a}장, {name_b}(B) {b}장, {steps}스텝, {device}. 이미지를 자르고 뒤집는 "
        "모습: {augmented}. 그 밖에는 아무것도 쓰지 않았습니다."
    ),
    "{dataset}: another program reads the catalogue. Close it, then run again.": (
        "{dataset}: 다른 프로그램이 카탈로그를 읽고 있습니다. 닫은 뒤 다시 실행하세요."
    ),
    "{dataset}: kept {kept}, rejected {rejected}; a dataset needs two images. Collect more (pipeline crawl) or "
    "loosen the checks (pipeline curate --help). Nothing was written.": (
        "{dataset}: 남긴 것 {kept}, 제외 {rejected}. 데이터셋에는 이미지가 두 장 이상 필요합니다. 더 "
        "모으거나(pipeline crawl) 검사 기준을 낮추세요(pipeline curate --help). 아무것도 쓰지 않았습니다."
    ),
    "{dataset}: no image to export. Collect some with `pipeline crawl`.": (
        "{dataset}: 내보낼 이미지가 없습니다. `pipeline crawl`로 모으세요."
    ),
    "{dataset}: no such dataset. Collect one with `pipeline crawl`.": (
        "{dataset}: 그런 데이터셋이 없습니다. `pipeline crawl`로 모으세요."
    ),
    "{dataset}: nothing to curate yet. Collect images first: pipeline crawl.": (
        "{dataset}: 아직 정리할 이미지가 없습니다. 먼저 이미지를 모으세요: pipeline crawl."
    ),
    "{dataset}: nothing to review yet. Run pipeline curate.": (
        "{dataset}: 아직 검토할 것이 없습니다. pipeline curate를 실행하세요."
    ),
    "{dataset}: what was rejected": "{dataset}: 제외된 이미지",
    "{days} d {hours} h": ("{days}일 {hours}시간"),
    "{driver}: does not start ({output}). Install the chromedriver of your browser's version or name it with "
    "--driver PATH.": (
        "{driver}: 시작되지 않습니다({output}). 브라우저와 같은 버전의 chromedriver를 설치하거나 --driver "
        "PATH로 알려 주세요."
    ),
    "{file}: and every other image went away. Curate again.": (
        "{file}: 다른 이미지도 모두 사라졌습니다. 다시 고르세요."
    ),
    "{file}: asks for code to be run, which it never is. Have it saved as bare weights: "
    "torch.save(network.state_dict(), file).": (
        "{file}: 코드를 실행해야 읽히는 파일이며, 코드는 절대 실행하지 않습니다. 가중치만 저장해 달라고 "
        "하세요: torch.save(network.state_dict(), file)."
    ),
    "{file}: cannot be read: {error}": "{file}: 읽을 수 없습니다: {error}",
    "{file}: cannot be written for others ({reason}).": ("{file}: 다른 프로그램용으로 쓸 수 없습니다({reason})."),
    "{file}: comes in place of the run {run}. Give one of them.": (
        "{file}: 실행 {run} 대신 쓰는 것입니다. 둘 중 하나만 주세요."
    ),
    "{file}: damaged (its sha256 is another); the one before it serves.": (
        "{file}: 손상됨(sha256이 다름). 바로 앞의 것을 씁니다."
    ),
    "{file}: fits no discriminator known here ({reason}). Take it away from beside the generator.": (
        "{file}: 아는 판별기에 맞지 않습니다({reason}). 생성기 옆에서 치워 주세요."
    ),
    "{file}: fits no generator known here ({reason}). Give one of a CycleGAN, such as latest_net_G.pth or "
    "netG_A2B.pth.": (
        "{file}: 여기서 아는 생성기와 맞지 않습니다({reason}). latest_net_G.pth나 netG_A2B.pth 같은 CycleGAN "
        "생성기를 주세요."
    ),
    "{file}: holds no bare weights of a network. Give a state dict; a run of one's own goes by --run.": (
        "{file}: 신경망의 가중치만 담긴 파일이 아닙니다. state dict를 주세요. 직접 학습한 실행은 --run으로 줍니다."
    ),
    "{file}: holds the generator {way} alone. Say --direction {way}.": (
        "{file}: 생성기 {way}만 들어 있습니다. --direction {way}를 주세요."
    ),
    "{file}: its bytes are not those of its name; it is ignored.": (
        "{file}: 내용이 이름의 해시와 다릅니다. 무시합니다."
    ),
    "{file}: made by a newer version of unpaired. Upgrade unpaired.": (
        "{file}: 더 새로운 unpaired가 만든 것입니다. unpaired를 업그레이드하세요."
    ),
    "{file}: no generators of a run, or damaged ({error}).": (
        "{file}: 실행의 생성기가 아니거나 손상되었습니다({error})."
    ),
    "{file}: no vector of {count} images; they are not looked at.": (
        "{file}: 이미지 {count}장에서 벡터를 얻지 못해, 이 이미지들은 살펴보지 않습니다."
    ),
    "{file}: none of its images is to be had any more.": ("{file}: 가져올 수 있는 이미지가 하나도 남지 않았습니다."),
    "{file}: not a checkpoint ({error}); the one before it serves.": (
        "{file}: 체크포인트가 아닙니다({error}). 바로 앞의 것을 씁니다."
    ),
    "{file}: not a checkpoint of this version; the one before it serves.": (
        "{file}: 이 버전의 체크포인트가 아닙니다. 바로 앞의 것을 씁니다."
    ),
    "{file}: not a recipe ({error}). Write one with: pipeline export --format recipe": (
        "{file}: recipe가 아닙니다 ({error}). 만드는 법: pipeline export --format recipe"
    ),
    "{file}: not readable ({error}). Delete it and resume.": ("{file}: 읽을 수 없습니다({error}). 지우고 이어 가세요."),
    "{file}: not readable ({error}). Start a new run.": ("{file}: 읽을 수 없습니다({error}). 새로 시작하세요."),
    "{file}: not valid TOML: {error}": "{file}: 올바른 TOML이 아닙니다: {error}",
    "{file}: skipped, {reason}.": "{file}: 건너뜀, {reason}.",
    "{file}: unknown key {key}. Known: {known}.": ("{file}: 모르는 키 {key}. 아는 키: {known}."),
    "{file}: {addresses} addresses of {images} images, {size_bytes} bytes.": (
        "{file}: 이미지 {images}장의 주소 {addresses}개, {size_bytes}바이트."
    ),
    "{file}: {direction}, {size_bytes} bytes.": ("{file}: {direction}, {size_bytes}바이트."),
    "{file}: {key} = {value}: must be {allowed}.": ("{file}: {key} = {value}: 허용되는 값: {allowed}."),
    "{file}: {reason}. Give the path of a .pth or .safetensors.": (
        "{file}: {reason}. .pth나 .safetensors의 경로를 주세요."
    ),
    "{folder}: no run there. Train first: pipeline train.": (
        "{folder}: 실행이 없습니다. 먼저 학습하세요: pipeline train."
    ),
    "{folder}: no such folder of photos.": "{folder}: 그런 사진 폴더가 없습니다.",
    "{folder}: no usable checkpoint. Start a new run.": (
        "{folder}: 쓸 수 있는 체크포인트가 없습니다. 새로 시작하세요."
    ),
    "{folder}: none of its {count} files is an image.": ("{folder}: 파일 {count}개 가운데 이미지가 없습니다."),
    "{folder}: not a folder. Name one that holds photos.": ("{folder}: 폴더가 아닙니다. 사진이 든 폴더를 주세요."),
    "{folder}: process {pid} is working on it. Wait for it or stop it, then run again.": (
        "{folder}: 프로세스 {pid}이(가) 작업 중입니다. 기다리거나 멈춘 뒤 다시 실행하세요."
    ),
    "{folder}: {count} photos; two or more, all different, are needed.": (
        "{folder}: 사진이 {count}장입니다. 서로 다른 사진이 두 장 이상 필요합니다."
    ),
    "{folder}: {images} images in {files} files, {size_bytes} bytes.": (
        "{folder}: 이미지 {images}장, 파일 {files}개, {size_bytes}바이트."
    ),
    "{free:.1f} GB free at {folder}": "{folder}에 {free:.1f} GB 남음",
    "{host}: no connection, too many open files. Raise the limit (ulimit -n 4096) or lower --concurrency, and "
    "run the command again.": (
        "{host}: 열린 파일이 너무 많아 연결할 수 없습니다. 한도를 올리거나(ulimit -n 4096) --concurrency를 "
        "낮추고 명령을 다시 실행하세요."
    ),
    "{hours} h {minutes} min": ("{hours}시간 {minutes}분"),
    "{images} images in the dataset.": "데이터셋의 이미지: {images}개.",
    "{images}: kept {kept}, rejected {rejected}": ("{images}: 남김 {kept}, 제외 {rejected}"),
    "{kept} of {images} images kept, rejected {rejected}: {report}": (
        "이미지 {images}장 가운데 {kept}장 남김, 제외 {rejected}: {report}"
    ),
    "{looked} of {total} looked at": "{total}장 가운데 {looked}장 봄",
    "{minutes} min": ("{minutes}분"),
    "{names} have no place in it": "{names}: 들어갈 자리가 없음",
    "{name} ({domain}) · {query}: {images} images, {fetched} fetched now, {known} known": (
        "{name} ({domain}) · {query}: 이미지 {images}개, 이번에 받음 {fetched}개, 이미 있음 {known}개"
    ),
    "{name} ({domain}): train {train}, test {test}. Collect more images of it: pipeline crawl.": (
        "{name} ({domain}): train {train}, test {test}. 이미지를 더 모으세요: pipeline crawl."
    ),
    "{name} has the shape {shape} and takes no RGB image": ("{name}의 모양이 {shape}(으)로, RGB 이미지를 받지 않음"),
    "{name} has the shape {shape} in place of {expected}": ("{name}의 모양이 {expected}이어야 하는데 {shape}임"),
    "{name} holds values that are no numbers": "{name}에 숫자가 아닌 값이 있음",
    "{option} {value} ({before} before)": "{option} {value}(전에는 {before})",
    "{option} {value}: must be {allowed}.": ("{option} {value}: 허용되는 값: {allowed}."),
    "{origin} {path}: not a program that can be run.": ("{origin} {path}: 실행할 수 있는 프로그램이 아닙니다."),
    "{path}: a link. Put what it points to in its place; a whole dataset may lie anywhere (--dataset PATH).": (
        "{path}: 링크입니다. 그 자리에 링크가 가리키는 것 자체를 두세요. 데이터셋 전체는 어디에 두어도 "
        "됩니다(--dataset PATH)."
    ),
    "{path}: damaged or incomplete ({error}). Run pipeline curate.": (
        "{path}: 손상되었거나 불완전합니다 ({error}). pipeline curate를 실행하세요."
    ),
    "{path}: fewer than {count} usable images in test/A or test/B.": (
        "{path}: test/A 또는 test/B에 쓸 수 있는 이미지가 {count}장보다 적습니다."
    ),
    "{path}: made by a newer version of unpaired (format {version}, this one reads up to {known}). Upgrade unpaired.": (
        "{path}: 더 새로운 unpaired가 만든 것입니다(형식 {version}, 이 버전은 {known}까지). unpaired를 "
        "업그레이드하세요."
    ),
    "{path}: more than one data set there: {names}.": ("{path}: 데이터셋이 둘 이상 있습니다: {names}."),
    "{path}: neither a folder nor a zip archive. Name one with train/A and train/B in it.": (
        "{path}: 폴더도 zip 파일도 아닙니다. 안에 train/A와 train/B가 있는 것을 주세요."
    ),
    "{path}: no permission to write. Change its owner or choose another folder.": (
        "{path}: 쓸 권한이 없습니다. 소유자를 바꾸거나 다른 폴더를 고르세요."
    ),
    "{path}: no picture. Give photos, or a folder of them.": ("{path}: 그림이 없습니다. 사진이나 사진 폴더를 주세요."),
    "{path}: no such file. Give photos, or a folder of them.": (
        "{path}: 그런 파일이 없습니다. 사진이나 사진 폴더를 주세요."
    ),
    "{path}: no such folder. Crawl and curate first, or name another.": (
        "{path}: 그런 폴더가 없습니다. 먼저 모으고 고르거나, 다른 폴더를 주세요."
    ),
    "{path}: no usable image in domain {domain}. Crawl more.": (
        "{path}: 도메인 {domain}에 쓸 수 있는 이미지가 없습니다. 더 모으세요."
    ),
    "{path}: no usable image in test/A and test/B. Curate again.": (
        "{path}: test/A와 test/B에 쓸 수 있는 이미지가 없습니다. 다시 고르세요."
    ),
    "{path}: no {split}/{a} and {split}/{b} there. Crawl and curate first, or say what the folders are "
    "called: --domain-a, --domain-b.": (
        "{path}: {split}/{a}와 {split}/{b}가 없습니다. 먼저 모으고 고르거나, 폴더 이름을 알려 주세요: "
        "--domain-a, --domain-b."
    ),
    "{path}: not a readable catalogue ({error}). Move it aside and run `pipeline crawl` again: the images in "
    "raw/ are adopted.": (
        "{path}: 읽을 수 있는 카탈로그가 아닙니다({error}). 옮겨 두고 `pipeline crawl`을 다시 실행하세요. "
        "raw/의 이미지는 다시 받아들입니다."
    ),
    "{path}: not curated, or not to the end. Run pipeline curate.": (
        "{path}: 고르기가 끝나지 않았습니다. pipeline curate를 실행하세요."
    ),
    "{path}: not made by a curation. Move it away, or leave out --layout cyclegan.": (
        "{path}: curate가 만든 것이 아닙니다. 옮기거나 --layout cyclegan을 빼세요."
    ),
    "{path}: the disk is full. Make room and run the same command again.": (
        "{path}: 디스크가 가득 찼습니다. 공간을 비우고 같은 명령을 다시 실행하세요."
    ),
    "{path}: too many open files. Raise the limit (ulimit -n 4096) and run the command again.": (
        "{path}: 열린 파일이 너무 많습니다. 한도를 올리고(ulimit -n 4096) 다시 실행하세요."
    ),
    "{path}: {error}. Free the disk or its permissions and run again.": (
        "{path}: {error}. 디스크 공간이나 권한을 확인하고 다시 실행하세요."
    ),
    "{path}: {error}. Run the same command again.": ("{path}: {error}. 같은 명령을 다시 실행하세요."),
    "{queries}: all {count} images that were found failed in an earlier crawl. `pipeline status --failed` "
    "says why; --retry-failed tries those again that may come another time.": (
        "{queries}: 찾은 이미지 {count}장은 모두 이전에 받지 못한 것입니다. 이유는 `pipeline status --failed`가 알려 "
        "줍니다. 다음에 될 수도 있는 것은 --retry-failed로 다시 받습니다."
    ),
    "{queries}: none of the {count} images that were found could be fetched ({reasons}). For blocked_address, "
    "name the host with --allow-host; else try again later with --retry-failed.": (
        "{queries}: 찾은 이미지 {count}개를 하나도 받지 못했습니다({reasons}). blocked_address이면 "
        "--allow-host로 호스트를 지정하고, 아니면 나중에 --retry-failed로 다시 시도하세요."
    ),
    "{queries}: the search engine has no images. Try other words.": (
        "{queries}: 검색 엔진에 이미지가 없습니다. 다른 검색어를 써 보세요."
    ),
    "{query} has its {limit} images already, so {engines} ({filters}) will not be asked. For other images "
    "raise --limit, or take another --dataset.": (
        "{query}에는 이미 이미지 {limit}개가 있어 {engines}({filters})에 묻지 않습니다. 다른 이미지를 원하면 "
        "--limit을 올리거나 다른 --dataset을 쓰세요."
    ),
    "{query}: solve the captcha in the browser's window; the crawl goes on then.": (
        "{query}: 브라우저 창에서 캡차를 풀어 주세요. 그러면 수집을 이어 갑니다."
    ),
    "{query}: the pages of {engine} have changed: nothing matches {selector}. The page is kept in {page}; "
    "upgrade unpaired, or report it with that file.": (
        "{query}: {engine}의 페이지가 바뀌었습니다. {selector}에 맞는 것이 없습니다. 페이지는 {page}에 "
        "두었습니다. unpaired를 새 판으로 올리거나 그 파일과 함께 알려 주세요."
    ),
    "{query}: the search engine asks for a human (captcha). What was found is kept. Wait some hours, or solve "
    "it yourself: run again with --headed --profile DIR, and keep that profile.": (
        "{query}: 검색 엔진이 사람인지 묻습니다(캡차). 찾은 것은 남아 있습니다. 몇 시간 기다리거나 직접 "
        "푸세요: --headed --profile DIR로 다시 실행하고 그 프로필을 남겨 두세요."
    ),
    "{query}: the search engine has no images for it. Try other words.": (
        "{query}: 검색 결과에 이미지가 없습니다. 다른 말로 찾아보세요."
    ),
    "{query}: {engine} has no images for it. Try other words.": (
        "{query}: {engine}에 이 검색어의 이미지가 없습니다. 다른 말로 찾아보세요."
    ),
    "{query}: {engine} refuses further questions ({reason}). What was found is kept. Wait some hours and run "
    "again, or choose another engine with --engine.": (
        "{query}: {engine}이(가) 더는 대답하지 않습니다({reason}). 찾은 것은 남아 있습니다. 몇 시간 뒤에 다시 "
        "실행하거나 --engine으로 다른 엔진을 고르세요."
    ),
    "{rate:.1f}/s": ("초당 {rate:.1f}"),
    "{rule} (correlation {score}); the other {advantage}": ("{rule}(상관 {score}), 다른 것이 {advantage}"),
    "{run} was trained on other images": ("{run}은 다른 이미지로 학습했습니다"),
    "{run}: --format {form} writes a dataset, no run. Name it by --dataset.": (
        "{run}: --format {form}은 실행이 아니라 데이터셋을 저장합니다. --dataset으로 지정하세요."
    ),
    "{run}: an unfinished run of the same dataset and options. This one begins anew; to go on with that one: "
    "pipeline train --resume {run}": (
        "{run}: 데이터셋과 옵션이 같은, 끝나지 않은 실행이 있습니다. 지금은 새로 시작합니다. 그것을 이어 "
        "가려면: pipeline train --resume {run}"
    ),
    "{run}: damaged ({error}).": ("{run}: 손상되었습니다({error})."),
    "{run}: finished already.": "{run}: 이미 끝났습니다.",
    "{run}: goes on as it began, and {options} would be another. Leave that out, or begin a new run with "
    "this one's weights: pipeline train --init-from {run}.": (
        "{run}: 시작한 그대로 이어 가는데, {options}이(가) 다릅니다. 그 옵션을 빼거나 이 실행의 가중치로 "
        "새로 시작하세요: pipeline train --init-from {run}."
    ),
    "{run}: going on after step {step}.": "{run}: 단계 {step} 다음부터 이어 갑니다.",
    "{run}: its checkpoint does not fit its options.json ({reason}). Start a new run.": (
        "{run}: 체크포인트가 options.json과 맞지 않습니다({reason}). 새로 시작하세요."
    ),
    "{run}: its images are others now: {gone} of them are not there any more, {new} are new ({names}). Bring "
    "them back, or begin a new run with this one's weights: pipeline train --init-from {run}.": (
        "{run}: 이미지가 바뀌었습니다: 없어진 것 {gone}장, 새것 {new}장({names}). 되돌려 놓거나 이 "
        "실행의 가중치로 새로 시작하세요: pipeline train --init-from {run}."
    ),
    "{run}: no checkpoint yet. Train on: pipeline train --resume {name}.": (
        "{run}: 아직 체크포인트가 없습니다. 이어서 학습하세요: pipeline train --resume {name}."
    ),
    "{run}: no such run in {folder}. The newest: {names}.": (
        "{run}: {folder}에 그런 실행이 없습니다. 가장 새로운 것: {names}."
    ),
    "{run}: step {step}": ("{run}: 단계 {step}"),
    "{run}: {options} is another than before; from here on its numbers are not those of an uninterrupted run "
    "to the last bit.": (
        "{run}: {options}이(가) 전과 다릅니다. 여기부터는 멈추지 않은 실행과 마지막 비트까지 같지는 않습니다."
    ),
    "{run}: {steps} steps in {minutes:.1f} minutes ({each:.3f} s each, {device}) on {a} images of {name_a} (A) "
    "and {b} of {name_b} (B)": (
        "{run}: {name_a} (A) {a}장과 {name_b} (B) {b}장으로 {steps}단계를 {minutes:.1f}분에 학습함(단계마다 "
        "{each:.3f}초, {device})"
    ),
    "{run}: {steps} steps more.": "{run}: {steps}스텝을 더합니다.",
    "{score} times as long as wide, at most {threshold}": ("가로세로 비 {score}, 최대 {threshold}"),
    "{seconds:.1f} s each": ("하나에 {seconds:.1f}초"),
    "{seconds} s": ("{seconds}초"),
    "{seen} of {images} that are rejected or flagged: decided {decided}, looked at {looked_at}": (
        "제외되거나 표시된 {images}장 가운데 {seen}장: 정함 {decided}, 보기만 함 {looked_at}"
    ),
    "{target}: give an image's or page's address, a host name such as example.org, or a sha256.": (
        "{target}: 이미지나 페이지의 주소, example.org 같은 호스트 이름, 또는 sha256을 주세요."
    ),
    "{time} left": ("{time} 남음"),
    "{url} cannot be reached ({reason}). Check the connection and run again.": (
        "{url}에 연결할 수 없습니다({reason}). 연결을 확인하고 다시 실행하세요."
    ),
    "{way}: {images} images, cycle error {cycle:.2f}, identity error {identity:.2f} "
    "of 255, structure {structure:.3f}": (
        "{way}: 이미지 {images}장, 순환 오차 {cycle:.2f}, 항등 오차 {identity:.2f}(255 기준), 구조 {structure:.3f}"
    ),
}
