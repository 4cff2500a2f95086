# Help, wrong usage, and where values come from.

exact no_command leadwise
exact overview leadwise --help
exact version leadwise --version
for command in prepare train predict evaluate crossval study calibrate combine plot info synth bench demo completion help; do
    exact "help_$command" leadwise "$command" --help
done
exact unknown_command leadwise trian
exact option_before_command leadwise --threads 2 predict
exact unknown_option leadwise train --bathc 3
exact unknown_letter leadwise train -z
exact missing_argument leadwise train --epochs
exact argument_for_flag leadwise train --quiet=3
exact not_a_number leadwise train -o run data --epochs many
exact not_a_choice leadwise predict model recordings -f xml
exact missing_option leadwise train data
exact missing_operand leadwise train -o run
exact wrong_band leadwise prepare recordings -o x --band 5
exact wrong_leads leadwise prepare recordings -o x --leads I,I
exact wrong_set leadwise train data -o run --set epoch=3
exact wrong_gate leadwise evaluate a b --min speed=1
exact wrong_learning_rate leadwise train recordings -o unmade --learning-rate 0
exact wrong_augment leadwise crossval recordings -o unmade --augment shift,shake
exact wrong_warmup leadwise train recordings -o unmade --warmup 3 --epochs 3
exact wrong_division leadwise evaluate a b --by sex,weight
exact wrong_size leadwise train data -o run --memory-limit 2T
exact wrong_isa leadwise predict model recordings --isa mmx
exact wrong_shell leadwise completion tcsh
echo '{"epoch": 3}' >wrong.json
exact wrong_config leadwise train data -o run --config wrong.json
echo '{"epochs": ' >broken.json
exact broken_config leadwise train data -o run --config broken.json
types=0
for value in '"epochs": "3"' '"epochs": 3.0' '"epochs": [3]' '"learning-rate": "0.1"' '"learning-rate": true' \
    '"strict": 1' '"resume": "yes"' '"network": false'; do
    echo "{$value}" >"wrong_type_$((++types)).json"
done
exact wrong_types eval 'for i in {1..8}; do leadwise train data -o run --config wrong_type_$i.json; echo $?; done'
echo '{"leads": 2, "seed": "18446744073709551615", "set": ["epochs=2"], "quiet": true, "year": 2021}' >good_types.json
exact good_types leadwise train nowhere -o run --config good_types.json
exact wrong_environment env LEADWISE_EPOCHS=0 "$program" train data -o run

# Each source in turn, the weakest first; nothing is trained: the data are not there.
case_precedence() {
    local got expected=100
    resolved() { sed -nE 's/^ *"epochs": ([0-9]+),?$/\1/p' precedence/config.json; }
    echo '{"epochs": 3}' >precedence.json
    for source in default config environment set flag; do
        case $source in
        default) expected=100 && set -- ;;
        config) expected=3 && set -- --config precedence.json ;;
        environment) expected=4 && export LEADWISE_EPOCHS=4 ;;
        set) expected=5 && set -- "$@" --set epochs=5 ;;
        flag) expected=6 && set -- "$@" --epochs 6 ;;
        esac
        leadwise train nowhere -o precedence "$@" 2>err.txt
        got=$(resolved)
        [ "$got" = "$expected" ] || echo "$source: epochs are $got instead of $expected"
    done
}
check precedence

# A recipe sets defaults, which everything else overrides.
case_recipe() {
    local got
    resolved() { sed -nE "s/^ *\"$1\": (.*[^,]),?\$/\1/p" recipe/config.json; }
    expect_value() { [ "$(resolved "$1")" = "$2" ] || echo "$1 is $(resolved "$1") instead of $2"; }
    leadwise train nowhere -o recipe 2>err.txt
    expect_value schedule '"plateau"'
    expect_value augment '"none"'
    leadwise train nowhere -o recipe --recipe best 2>err.txt
    expect_value schedule '"cosine"'
    expect_value tune-thresholds true
    leadwise train nowhere -o recipe --recipe best --schedule plateau --set tune-thresholds=false 2>err.txt
    expect_value schedule '"plateau"'
    expect_value tune-thresholds false
    echo '{"recipe": "best", "warmup": 1}' >recipe.json
    LEADWISE_MIXUP=0.5 leadwise train nowhere -o recipe --config recipe.json 2>err.txt
    expect_value schedule '"cosine"'
    expect_value warmup 1.0
    expect_value mixup 0.5
}
check recipe

# Options are wrong before a recording is read, and before anything is written.
case_options_first() {
    expect_code 2 leadwise train recordings -o unmade --learning-rate 0
    [ ! -e unmade ] || ls unmade
}
check options_first

case_man_pages() {
    leadwise help --man man || echo "exit $?"
    for command in $(leadwise --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
        [ -s "man/leadwise-$command.1" ] || echo "no page for $command"
    done
    [ -s man/leadwise.1 ] || echo "no page for the program"
    if command -v mandoc >lint.txt; then
        mandoc -T lint -W error man/*.1 || echo "mandoc complains"
    fi
}
check man_pages

case_completion() {
    local shell
    for shell in bash zsh fish; do
        leadwise completion "$shell" >"completion.$shell" || echo "$shell: exit $?"
    done
    # shellcheck disable=SC1091
    source completion.bash
    COMP_WORDS=(leadwise predict --for) COMP_CWORD=2
    _leadwise
    [ "${COMPREPLY[*]}" = --format ] || echo "--for completes to ${COMPREPLY[*]}"
    COMP_WORDS=(leadwise predict --format j) COMP_CWORD=3
    _leadwise
    [ "${COMPREPLY[*]}" = jsonl ] || echo "j completes to ${COMPREPLY[*]}"
    COMP_WORDS=(leadwise pre) COMP_CWORD=1
    _leadwise
    [ "${COMPREPLY[*]}" = "prepare predict" ] || echo "pre completes to ${COMPREPLY[*]}"
}
check completion

case_full_disk() {
    [ -e /dev/full ] || return 0
    leadwise --help >/dev/full 2>err.txt
    [ $? -eq 5 ] || echo "exit code is not 5"
    grep -q "standard output: No space left on device" err.txt || cat err.txt
}
check full_disk
