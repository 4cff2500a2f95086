# Write OUTPUT, a C file that takes each of the model files MODELS into the program (src/model/model_internal.h).
set(bytes "")
set(table "")
set(i 0)
foreach(path IN LISTS MODELS)
  get_filename_component(name "${path}" NAME_WE)
  string(APPEND bytes "__asm__(\".section .rodata\\n.balign 64\\nlw_model_bytes_${i}: .incbin \\\"${path}\\\"\\n\"
        \"lw_model_end_${i}:\\n.previous\");
extern const unsigned char lw_model_bytes_${i}[] LOCAL, lw_model_end_${i}[] LOCAL;
")
  string(APPEND table "    {\"${name}\", lw_model_bytes_${i}, lw_model_end_${i}},\n")
  math(EXPR i "${i} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"model/model_internal.h\"

#define LOCAL __attribute__((visibility(\"hidden\")))
${bytes}
const lw_builtin_model lw_builtin_models[] = {
${table}    {0, 0, 0},
};
")
