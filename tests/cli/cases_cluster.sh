# Several processes over MPI, where there is one.

# Leaks are MPI's own. Without MPI, or the module for it, a case that needs it is skipped.
needs_mpi() { [ -e "$(dirname "$program")/leadwise-mpi.so" ] && command -v mpirun >/dev/null; }
ranks() { # number, options and command of mpirun...
    local n=$1
    shift
    ASAN_OPTIONS=detect_leaks=0 timeout 120 mpirun --allow-run-as-root --oversubscribe -n "$n" "$@"
}
small=(train recordings --leads 2 --width 8 --batch 16 --seed 5 --epochs 2 --threads 1)

make_two_ranks() { needs recordings && ranks 2 "$program" "${small[@]}" -o two_ranks; }

case_training_on_ranks_repeats_itself() {
    needs_mpi || return 77
    expect_code 0 leadwise "${small[@]}" -o alone
    expect_code 0 ranks 1 "$program" "${small[@]}" -o of-1
    same alone/model.safetensors of-1/model.safetensors
    for name in of-2 again; do
        expect_code 0 ranks 2 "$program" "${small[@]}" -o $name
        [ "$(grep -c '^epoch' err.txt)" -eq 2 ] || cat err.txt
        [ "$(grep -c '^model: ' out.txt)" -eq 1 ] || cat out.txt
    done
    same of-2/model.safetensors again/model.safetensors
    same of-2/history.csv again/history.csv
    expect_code 0 ranks 4 "$program" "${small[@]}" -o of-4
    # The losses of two epochs to four digits.
    for name in of-2 of-4; do
        diff <(cut -d, -f2 alone/history.csv | cut -c1-5) <(cut -d, -f2 $name/history.csv | cut -c1-5)
    done
    expect_code 0 leadwise "${small[@]}" -o of-4 --resume --epochs 3
    expect_code 0 ranks 2 "$program" "${small[@]}" --epochs 1 -o scalar-2 --isa scalar
    LEADWISE_ISA=scalar expect_code 0 ranks 2 "$program" "${small[@]}" --epochs 1 -o scalar-2-set
    same scalar-2/model.safetensors scalar-2-set/model.safetensors
}

# A signal to one rank saves a checkpoint of all; two ranks go on, and so does one.
case_a_signal_to_one_rank_stops_all() {
    needs_mpi || return 77
    needs two_ranks
    local pid code=0 long=(--stop-after 0 --epochs 1000)
    # shellcheck disable=SC2016
    ranks 2 sh -c 'echo $$ >rank-$OMPI_COMM_WORLD_RANK; exec "$@"' sh "$program" "${small[@]}" "${long[@]}" -o halted \
        >out.txt 2>err.txt </dev/null &
    pid=$!
    for _ in $(seq 1500); do
        [ -e halted/history.csv ] && break
        sleep 0.02
    done
    kill -TERM "$(cat rank-1)"
    wait $pid || code=$?
    [ $code -eq 75 ] || { echo "exit $code instead of 75"; cat err.txt; }
    [ "$(grep -c '^stopped' err.txt)" -eq 1 ] || cat err.txt
    expect_code 0 ranks 2 "$program" "${small[@]}" --stop-after 0 --epochs 1 -o halted --resume
    cp -rL two_ranks goes-on
    expect_code 0 ranks 2 "$program" "${small[@]}" -o goes-on --resume
    grep -q 'finished already' err.txt || cat err.txt
}

# One sentence and one exit code, whether all ranks fail or one.
case_ranks_that_fail_print_one_sentence() {
    needs_mpi || return 77
    expect_code 2 ranks 2 "$program" "${small[@]}"
    [ "$(grep -c '^leadwise:' err.txt)" -eq 1 ] || cat err.txt
    expect_code 2 ranks 2 "$program" "${small[@]}" --batch 1 -o x
    [ "$(grep -c 'a batch of 1 records on 2 ranks' err.txt)" -eq 1 ] || cat err.txt
    : >a-file
    expect_code 5 ranks 2 "$program" "${small[@]}" -o a-file/run
    [ "$(grep -c '^leadwise:.*a-file' err.txt)" -eq 1 ] || cat err.txt
    expect_code 4 ranks 1 "$program" "${small[@]}" -o x : -n 1 "$program" "${small[@]}" --seed 6 -o x
    [ "$(grep -c 'rank 1 does not hold the data and configuration of rank 0' err.txt)" -eq 1 ] || cat err.txt
    expect_code 2 ranks 1 "$program" "${small[@]}" -o x : -n 1 "$program" "${small[@]}" -o x --nothing
    [ "$(grep -c '^leadwise: --nothing' err.txt)" -eq 1 ] || cat err.txt
}

case_crossval_on_two_ranks_gives_the_same_bytes() {
    needs_mpi || return 77
    local how=(recordings --leads 2 --width 8 --batch 16 --folds 3 --epochs 1 --replicates 10 --threads 1)
    expect_code 0 leadwise crossval "${how[@]}" -o folds-1
    expect_code 0 ranks 2 "$program" crossval "${how[@]}" -o folds-2
    diff -r -x config.json folds-1 folds-2
    local cells=ms-attention-2,ms-attention-3
    expect_code 0 ranks 2 "$program" study multiscale2021-table4 recordings -o cells --only $cells --width 4 --batch 16 \
        --folds 2 --epochs 1 --replicates 10 --threads 1
    grep -q '^2 of 10 cells are finished' out.txt || cat out.txt err.txt
}

# Without the module, processes that would overwrite each other's files do nothing.
case_several_processes_without_the_module_do_nothing() {
    mkdir bare
    cp "$program" bare/
    OMPI_COMM_WORLD_SIZE=2 expect_code 5 bare/leadwise "${small[@]}" -o bare/run
    grep -q '^leadwise: started as one of several MPI processes.*leadwise-mpi.so is neither' err.txt || cat err.txt
    [ ! -e bare/run ] || echo "it made a run"
    OMPI_COMM_WORLD_SIZE=1 expect_code 0 bare/leadwise "${small[@]}" -o bare/run
}
