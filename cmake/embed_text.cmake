# Writes OUT, a C++ file that defines `std::string_view NAMESPACE::FUNCTION()` as the
# text of FILE, for cmake -P. HEADER declares it.
file(READ ${FILE} body)
get_filename_component(name ${FILE} NAME)
file(WRITE ${OUT} "// Made by cmake/embed_text.cmake from ${name}.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n// NOLINTNEXTLINE(readability-function-size): its lines are the text's\nstd::string_view ${FUNCTION}() { return R\"TEXT(${body})TEXT\"; }\n}  // namespace ${NAMESPACE}\n")
