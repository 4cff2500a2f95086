# Help, wrong usage, and where values come from.

make_options() {
    local types=0 value
    mkdir options && cd options || return
    echo '{"epoch": 3}' >wrong.json
    echo '{"epochs": ' >broken.json
    for value in '"epochs": "3"' '"epochs": 3.0' '"epochs": [3]' '"learning-rate": "0.1"' '"learning-rate": true' \
        '"strict": 1' '"resume": "yes"' '"network": false'; do
        echo "{$value}" >"wrong_type_$((++types)).json"
    done
    echo '{"leads": 2, "seed": "18446744073709551615", "set": ["epochs=2"], "quiet": true, "year": 2021}' >good_types.json
}

exact no_command_prints_the_usage leadwise
exact help_lists_the_commands leadwise --help
exact version_prints_the_version leadwise --version
for command in prepare train predict evaluate crossval study calibrate combine plot info synth bench demo completion help; do
    exact "${command}_prints_its_help" leadwise "$command" --help
done
exact an_unknown_command_is_refused_with_a_guess leadwise trian
exact an_option_before_the_command_is_refused leadwise --threads 2 predict
exact an_unknown_option_is_refused_with_a_guess leadwise train --bathc 3
exact an_unknown_letter_is_refused leadwise train -z
exact train_refuses_an_option_without_its_argument leadwise train --epochs
exact train_refuses_an_argument_of_a_flag leadwise train --quiet=3
exact train_refuses_epochs_that_are_no_number leadwise train -o run data --epochs many
exact predict_refuses_a_format_that_it_lacks leadwise predict model recordings -f xml
exact train_refuses_to_run_without_a_folder leadwise train data
exact train_refuses_to_run_without_data leadwise train -o run
exact prepare_refuses_a_band_of_one_number leadwise prepare recordings -o x --band 5
exact prepare_refuses_a_lead_twice leadwise prepare recordings -o x --leads I,I
exact train_refuses_to_set_an_unknown_option leadwise train data -o run --set epoch=3
exact evaluate_refuses_a_minimum_of_an_unknown_score leadwise evaluate a b --min speed=1
exact train_refuses_a_learning_rate_of_zero leadwise train recordings -o unmade --learning-rate 0
exact crossval_refuses_an_unknown_augmentation leadwise crossval recordings -o unmade --augment shift,shake
exact train_refuses_a_warmup_as_long_as_training leadwise train recordings -o unmade --warmup 3 --epochs 3
exact evaluate_refuses_an_unknown_division leadwise evaluate a b --by sex,weight
exact train_refuses_a_memory_limit_that_is_no_size leadwise train data -o run --memory-limit 2T
exact predict_refuses_an_unknown_instruction_set leadwise predict model recordings --isa mmx
exact completion_refuses_an_unknown_shell leadwise completion tcsh
exact train_refuses_a_configuration_with_an_unknown_option leadwise train data -o run --config options/wrong.json
exact train_refuses_a_configuration_that_is_no_json leadwise train data -o run --config options/broken.json
exact train_refuses_configured_values_of_wrong_types eval 'for i in {1..8}; do leadwise train data -o run --config options/wrong_type_$i.json; echo $?; done'
exact a_configuration_may_hold_every_type leadwise train nowhere -o run --config options/good_types.json
exact train_refuses_a_wrong_environment_variable env LEADWISE_EPOCHS=0 "$program" train data -o run

# Each source in turn, the weakest first; nothing is trained: the data are not there.
case_flags_win_over_set_environment_configuration_and_defaults() {
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

# A recipe sets defaults, which everything else overrides.
case_a_recipe_sets_defaults_that_all_else_overrides() {
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

# Configurations of runs made when training had them name options that are gone: off is no matter, on is refused.
case_removed_options_are_read_when_off_and_refused_when_on() {
    local name
    echo '{"balance": 0.0, "label-smoothing": 0, "prior-bias": false, "epochs": 7}' >off.json
    expect_code 5 leadwise train nowhere -o removed --config off.json
    grep -q '"epochs": 7,' removed/config.json || cat err.txt
    grep -E 'balance|smoothing|prior' removed/config.json
    for name in balance label-smoothing prior-bias; do
        echo "{\"$name\": $([ $name = prior-bias ] && echo true || echo 0.5)}" >on.json
        for how in "--config on.json" "--set $name=0.5" "--$name"; do
            # shellcheck disable=SC2086
            expect_code 2 leadwise train nowhere -o unmade $how
            grep -q "$name: this option was removed, for it raised no score" err.txt || cat err.txt
        done
    done
}
# Options are wrong before a recording is read, and before anything is written.
case_wrong_options_are_refused_before_anything_is_written() {
    expect_code 2 leadwise train recordings -o unmade --learning-rate 0
    [ ! -e unmade ] || ls unmade
}

case_every_command_has_a_man_page() {
    leadwise help --man man || echo "exit $?"
    for command in $(leadwise --help | sed -nE 's/^  ([a-z]+) .*/\1/p'); do
        [ -s "man/leadwise-$command.1" ] || echo "no page for $command"
    done
    [ -s man/leadwise.1 ] || echo "no page for the program"
    if command -v mandoc >lint.txt; then
        mandoc -T lint -W error man/*.1 || echo "mandoc complains"
    fi
}

case_completion_completes_options_and_choices() {
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

case_a_full_disk_is_an_error() {
    [ -e /dev/full ] || return 0
    leadwise --help >/dev/full 2>err.txt
    [ $? -eq 5 ] || echo "exit code is not 5"
    grep -q "standard output: No space left on device" err.txt || cat err.txt
}
