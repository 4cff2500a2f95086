# Networks that are told age and sex.

case_a_network_with_age_and_sex_depends_on_them() {
    needs run
    local how=(train recordings --leads 2 --width 16 --batch 16 --epochs 2 --seed 5)
    expect_code 0 leadwise "${how[@]}" --inputs age,sex -o told
    expect_code 2 leadwise "${how[@]}" --inputs height -o nobody
    leadwise info told/model.safetensors | grep -qx 'inputs *age,sex' || echo "info does not say what is told"
    leadwise info told/model.safetensors --json | grep -qx '  "inputs": "age,sex",' || echo "nor does --json"
    leadwise info run/model.safetensors | grep inputs
    expect_code 0 leadwise predict told/model.safetensors recordings -f csv -o said.csv
    expect_code 0 leadwise predict told/model.safetensors told/prepared.safetensors -f csv
    same <(cut -d, -f-62 said.csv) <(cut -d, -f-62 out.txt)
    mkdir -p older && cp recordings/S00001.mat older
    sed -E 's/^# ?Age: .*/# Age: 18/' recordings/S00001.hea >older/S00001.hea
    leadwise predict told/model.safetensors older/S00001.hea -f csv >older.csv
    leadwise predict told/model.safetensors recordings/S00001.hea -f csv | cmp -s - older.csv && echo "age changes nothing"
    leadwise predict run/model.safetensors recordings/S00001.hea -f csv >younger.csv
    leadwise predict run/model.safetensors older/S00001.hea -f csv | cmp - younger.csv
    leadwise predict told/model.safetensors older/S00001.hea -f csv --window-step 10 | tail -1 | tr , '\n' >pooled.txt
    tail -1 older.csv | tr , '\n' | paste - pooled.txt |
        awk '$1 ~ /^[0-9.e-]+$/ && ($1 - $2) ^ 2 > 1e-10 {print "windows are told otherwise: " $0}'
}
