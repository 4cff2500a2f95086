#!/usr/bin/env bash
# Leadwise beside PyTorch and ONNX Runtime on the same networks, in one run on the same cores: writes bench/results.csv and
# prints the table of the README. Each case runs ROUNDS times in turn, ours and the peer's; the fastest of each counts.
#
# Usage: bench/peers.sh [--isa avx2] [CASE...]     CASE: train, infer, start, prepare, memory (default: all)
# --isa avx2: Leadwise and PyTorch without AVX-512, into bench/results-avx2.csv. ONNX Runtime has no switch for that: it keeps
# whatever the processor has.
# Needs Debian's python3-torch python3-scipy python3-onnx, node and npm, and recordings and a script below SHARED (../shared).
set -euo pipefail
cd "$(dirname "$0")/.."
shared=${SHARED:-../shared}
program=${LEADWISE:-build/leadwise}
mkdir -p "${PEERS:-build/peers}"
peers=$(realpath "${PEERS:-build/peers}")
rounds=${ROUNDS:-3}
python=${PYTHON:-/usr/bin/python3}
results=bench/results.csv
limits=
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
if [ "${1:-}" = --isa ]; then
    [ "${2:-}" = avx2 ] || { echo "peers.sh: --isa: '${2:-}' is not avx2" >&2; exit 2; }
    shift 2
    results=bench/results-avx2.csv
    limits="; Leadwise and PyTorch limited to AVX2, ONNX Runtime not"
    export LEADWISE_ISA=avx2 ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2
fi

twin() { "$python" -W ignore tools/twin.py "$@"; }
wanted() { [ ${#cases[@]} -eq 0 ] || [[ " ${cases[*]} " == *" $1 "* ]]; }
seconds() { sed -nE 's/.*min ([0-9.]+) s.*/\1/p'; }
lower() { [ -n "$2" ] || { echo "peers.sh: a run gave no time" >&2; exit 1; }; awk -v a="$1" -v b="$2" 'BEGIN { print (a == "" || b < a) ? b : a }'; }

set_up() {
    mkdir -p "$peers"
    if [ ! -d "$peers/node_modules/onnxruntime-node" ]; then
        (cd "$peers" && npm install --silent --ignore-scripts onnxruntime-node@1.30.0 >/dev/null 2>&1)
    fi
    for network in "multiscale2021 12" "multiscale2021 2" "metaheart2020 12"; do
        read -r name leads <<<"$network"
        local file=$peers/$name-$leads
        [ -e "$file.safetensors" ] || twin random --arch "$name" --leads "$leads" -o "$file.safetensors"
        [ -e "$file.onnx" ] || twin onnx "$file.safetensors" "$file.onnx" >/dev/null 2>&1
    done
}

# what, unit, ours, peer's name, peer's
report() {
    awk -v what="$1" -v unit="$2" -v ours="$3" -v peer="$4" -v theirs="$5" 'BEGIN {
        printf "%s,%s,%.6g,%s,%.6g,%.2f\n", what, unit, ours, peer, theirs, theirs / ours }' >>"$results"
    tail -n 1 "$results"
}

ours_train() { "$program" bench train --network "$1" --leads "$2" --batch 32 --threads 2 --repeat 3 | seconds; }
twin_train() { twin step --arch "$1" --leads "$2" --batch 32 --threads 2 --repeat 2 | seconds; }
# network, leads, batch, threads, repeat
ours_infer() { "$program" bench predict --network "$1" --leads "$2" --batch "$3" --threads "$4" --repeat "$5" | seconds; }
onnx_infer() {
    NODE_PATH=$peers/node_modules node "$shared/reference/onnxruntime.js" "$peers/$1-$2.onnx" "$2" "$3" "$4" "$5" | seconds
}
# Of whole processes, start and end included; the first argument is how often to run them.
times() { local i n=$1; shift; for ((i = 0; i < n; i++)); do "$@" >/dev/null 2>&1; done; }
# Mean of user and system time: the system knows their sum well, how it divides only to 10 ms.
cpu() { { TIMEFORMAT='%U %S'; time times "$@"; } 2>&1 | awk -v n="$1" '{ printf "%.6f\n", ($1 + $2) / n }'; }
# The fastest.
wall() {
    local i n=$1 begun
    shift
    for ((i = 0; i < n; i++)); do
        begun=$EPOCHREALTIME
        "$@" >/dev/null 2>&1
        echo "$EPOCHREALTIME $begun"
    done | awk '{ s = $1 - $2; if (NR == 1 || s < least) least = s } END { printf "%.6f\n", least }'
}
peak_kb() { /usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -n 1; }

compare() { # what, unit, peer, our command, the peer's
    local ours="" theirs="" round
    for ((round = 0; round < rounds; round++)); do
        ours=$(lower "$ours" "$($4)")
        theirs=$(lower "$theirs" "$($5)")
    done
    report "$1" "$2" "$ours" "$3" "$theirs"
}

cases=("$@")
set_up
finished=$results
results=$peers/$(basename "$finished") # a run that is interrupted leaves the earlier figures
echo "# $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores; $("$program" --version); $("$python" -c 'import torch; print("PyTorch", torch.__version__)'); ONNX Runtime 1.30.0; fastest of $rounds rounds in turn$limits" >"$results"
echo "what,unit,leadwise,peer,theirs,ratio" >>"$results"

for network in "multiscale2021 12" "multiscale2021 2" "metaheart2020 12"; do
    wanted train || break
    compare "training step: $network leads; batch 32; 2 threads" s PyTorch "ours_train $network" "twin_train $network"
done
for network in "multiscale2021 12" "multiscale2021 2" "metaheart2020 12"; do
    wanted infer || break
    for how in "1 1 20" "1 2 20" "32 2 4"; do
        read -r batch threads _ <<<"$how"
        compare "prediction: $network leads; batch $batch; threads $threads" s "ONNX Runtime" \
            "ours_infer $network $how" "onnx_infer $network $how"
    done
done
record=$(find "$shared/data/challenge" -name 'A*.hea' | sort | head -n 1)
if wanted start; then
    compare "process start to one 12-lead diagnosis" s "ONNX Runtime" \
        "wall 20 $program predict $peers/multiscale2021-12.safetensors $record" \
        "wall 5 env NODE_PATH=$peers/node_modules node $shared/reference/onnxruntime.js $peers/multiscale2021-12.onnx 12 1 2 1"
fi
if wanted prepare; then
    compare "preparing 184 Challenge recordings: CPU time; 1 thread" s SciPy \
        "cpu 20 $program prepare $shared/data/challenge --threads 1 -q -o $peers/ours.safetensors" \
        "cpu 1 $python tools/twin.py prepare $(echo "$shared"/data/challenge/*.hea) -o $peers/twin.safetensors"
fi
if wanted memory; then
    compare "peak memory of training: multiscale2021 12 leads; batch 32" KB PyTorch \
        "peak_kb $program bench train --network multiscale2021 --leads 12 --batch 32 --threads 2 --repeat 1" \
        "peak_kb $python tools/twin.py step --arch multiscale2021 --leads 12 --batch 32 --threads 2 --repeat 1"
fi

printf '\n| what | Leadwise | peer | ratio |\n|---|---|---|---|\n'
awk -F, 'NR > 2 { printf "| %s | %s %s | %s: %s %s | %sx |\n", $1, $3, $2, $4, $5, $2, $6 }' "$results"
mv "$results" "$finished"
