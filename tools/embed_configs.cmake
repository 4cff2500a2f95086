# Write OUTPUT, a C file with each of the JSON files CONFIGS as a string (src/network/network_internal.h).
set(table "")
foreach(path IN LISTS CONFIGS)
  get_filename_component(name "${path}" NAME_WE)
  file(READ "${path}" text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  string(APPEND table "    {\"${name}\",\n     \"${text}\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"network/network_internal.h\"

const lw_builtin_config lw_builtin_configs[] = {
${table}    {0, 0},
};

const size_t lw_builtin_config_count = sizeof lw_builtin_configs / sizeof lw_builtin_configs[0] - 1;
")
