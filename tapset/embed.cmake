# Writes OUT, a C++ file with every script of FILES as a raw string, and RECORDER as one
# of its own. A string literal may hold 64 KiB at most by the standard's advice; ours
# are smaller.
function(add_script file)
  get_filename_component(name ${file} NAME)
  file(READ ${file} body)
  set(script "{\"tapset/${name}\", R\"STP(${body})STP\"}" PARENT_SCOPE)
endfunction()

set(text "// Made by tapset/embed.cmake.\n#include \"tapset/tapset.h\"\n\nnamespace podtap::tapset {\nnamespace {\nconstexpr Script kScripts[] = {\n")
foreach(file ${FILES})
  add_script(${file})
  string(APPEND text "    ${script},\n")
endforeach()
add_script(${RECORDER})
string(APPEND text "};\nconstexpr Script kRecorder = ${script};\n}  // namespace\nstd::span<const Script> Scripts() { return kScripts; }\nScript Recorder() { return kRecorder; }\n}  // namespace podtap::tapset\n")
file(WRITE ${OUT} "${text}")
