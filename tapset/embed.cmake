# Writes OUT, a C++ file with every script of FILES as a raw string. A string
# literal may hold 64 KiB at most by the standard's advice; ours are smaller.
set(text "// Made by tapset/embed.cmake.\n#include \"tapset/tapset.h\"\n\nnamespace podtap::tapset {\nnamespace {\nconstexpr Script kScripts[] = {\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} body)
  string(APPEND text "    {\"tapset/${name}\", R\"STP(${body})STP\"},\n")
endforeach()
string(APPEND text "};\n}  // namespace\nstd::span<const Script> Scripts() { return kScripts; }\n}  // namespace podtap::tapset\n")
file(WRITE ${OUT} "${text}")
