// Which function of an ELF file a place in it belongs to.
#pragma once

#include <cstdint>
#include <string>

namespace podtap::recorder {

// "main+0x1c" for an offset in the file, demangled; empty: the file has no name for it,
// or is no ELF file. Files of containers are hostile, so libelf reads them in a child
// process: what crashes it costs the name, not the recorder. At most a second.
std::string SymbolAt(int fd, uint64_t file_offset);

}  // namespace podtap::recorder
