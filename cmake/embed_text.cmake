# Writes OUT, a C++ file that defines `std::string_view NAMESPACE::FUNCTION()` as the
# text of FILE, for cmake -P. HEADER declares it.
file(READ ${FILE} body)
get_filename_component(name ${FILE} NAME)
file(WRITE ${OUT} "// Made by cmake/embed_text.cmake from ${name}.\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nstd::string_view ${FUNCTION}() { return R\"TEXT(${body})TEXT\"; }\n}  // namespace ${NAMESPACE}\n")
