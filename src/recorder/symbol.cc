#include "recorder/symbol.h"

#include <cxxabi.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>

#include "base/fd.h"

namespace podtap::recorder {
namespace {

constexpr size_t kLongestName = 512;
constexpr int kPatienceMs = 1000;
[[maybe_unused]] constexpr rlim_t kMostMemory = 512u << 20;

// Where the loader puts that place of the file.
bool VirtualAddress(Elf* elf, uint64_t file_offset, uint64_t& address) {
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0) return false;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr header;
    if (gelf_getphdr(elf, static_cast<int>(i), &header) == nullptr) return false;
    if (header.p_type != PT_LOAD || file_offset < header.p_offset ||
        file_offset - header.p_offset >= header.p_filesz) {
      continue;
    }
    address = header.p_vaddr + (file_offset - header.p_offset);
    return true;
  }
  return false;
}

std::string Demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
  std::string shown = status == 0 && text ? text.get() : name;
  if (shown.size() > kLongestName) shown.resize(kLongestName);
  return shown;
}

// The function of a symbol table that holds the address.
std::string FindIn(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, uint64_t address) {
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return "";
  const size_t count = header.sh_size / header.sh_entsize;
  for (size_t i = 0; i < count; i++) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return "";
    if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF ||
        address < symbol.st_value || address - symbol.st_value >= symbol.st_size) {
      continue;
    }
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr || *name == '\0') continue;
    return Demangled(name) + fmt::format("+{:#x}", address - symbol.st_value);
  }
  return "";
}

std::string Find(int fd, uint64_t file_offset) {
  if (elf_version(EV_CURRENT) == EV_NONE) return "";
  const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(fd, ELF_C_READ, nullptr), &elf_end);
  uint64_t address = 0;
  if (!elf || !VirtualAddress(elf.get(), file_offset, address)) return "";
  for (const GElf_Word wanted : {GElf_Word{SHT_SYMTAB}, GElf_Word{SHT_DYNSYM}}) {
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf.get(), section)) != nullptr) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) == nullptr || header.sh_type != wanted) continue;
      std::string name = FindIn(elf.get(), section, header, address);
      if (!name.empty()) return name;
    }
  }
  return "";
}

[[noreturn]] void Child(int fd, uint64_t file_offset, int answer) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)  // whose shadow is larger than any limit
  const rlimit memory{kMostMemory, kMostMemory};
  ::setrlimit(RLIMIT_AS, &memory);
#endif
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::setpriority(PRIO_PROCESS, 0, 0);
  const std::string name = Find(fd, file_offset);
  const ssize_t n = ::write(answer, name.data(), name.size());
  ::_exit(n < 0 ? 1 : 0);
}

}  // namespace

std::string SymbolAt(int fd, uint64_t file_offset) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "";
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) Child(fd, file_offset, writing.get());
  writing = Fd();
  if (child < 0) return "";
  std::string name;
  pollfd ready{reading.get(), POLLIN, 0};
  if (::poll(&ready, 1, kPatienceMs) == 1) {
    std::array<char, kLongestName + 64> buffer;
    const ssize_t n = ::read(reading.get(), buffer.data(), buffer.size());
    if (n > 0) name.assign(buffer.data(), static_cast<size_t>(n));
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return name;
}

}  // namespace podtap::recorder
