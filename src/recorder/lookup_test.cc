// Users, digests and symbols.
#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <link.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/fd.h"
#include "recorder/digest.h"
#include "recorder/symbol.h"
#include "recorder/users.h"

namespace podtap::recorder {
namespace {

Fd FileOf(std::string_view text) {
  char name[] = "/tmp/podtap-lookup-XXXXXX";
  Fd fd(::mkstemp(name));
  ::unlink(name);
  EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return fd;
}

TEST(Users, ParsesPasswd) {
  const auto names = ParsePasswd(
      "root:x:0:0:root:/root:/bin/bash\nops:x:1000:1000::/home/ops:/bin/sh\nsecond:x:0:0::/:/\n"
      "broken\n:x:7:7::/:/\nnumber:x:abc:1::/:/\ncut:x:12");
  EXPECT_EQ(names.size(), 2u);
  EXPECT_EQ(names.at(0), "root");
  EXPECT_EQ(names.at(1000), "ops");
}

TEST(Users, KnowsRootHere) {
  Users users;
  EXPECT_EQ(users.Name(0), "root");
  EXPECT_EQ(users.Name(4'000'000'000), "");
  Users nowhere("/nonexistent");
  EXPECT_EQ(nowhere.Name(0), "");
}

TEST(Digest, IsSha256) {
  // FIPS 180-2's examples.
  EXPECT_EQ(Sha256(FileOf("abc").get()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256(FileOf("").get()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256(FileOf(std::string(100, 'x')).get(), 99), "");
  EXPECT_EQ(Sha256(-1), "");
  const Fd null(::open("/dev/zero", O_RDONLY));
  EXPECT_EQ(Sha256(null.get()), "");
}

TEST(Digest, IsRememberedUntilTheFileIsWrittenTo) {
  Digests digests;
  const Fd file = FileOf("abc");
  const std::string before = digests.Of(file.get());
  EXPECT_EQ(before, Sha256(file.get()));
  EXPECT_EQ(digests.Of(file.get()), before);
  // As long as before, later than the clock tick that times of change go by.
  ::usleep(20'000);
  ASSERT_EQ(::pwrite(file.get(), "xyz", 3, 0), 3);
  EXPECT_NE(digests.Of(file.get()), before);
  EXPECT_EQ(digests.Of(file.get()), Sha256(file.get()));
  EXPECT_EQ(digests.Of(-1), "");
}

extern "C" [[gnu::noinline, gnu::used]] int podtap_test_landmark(int x) { return x * 3 + 1; }

// Where a function of this very program stands in its file.
uint64_t FileOffsetOf(const void* function) {
  uint64_t offset = 0;
  struct Wanted {
    uint64_t address;
    uint64_t* offset;
  } wanted{reinterpret_cast<uint64_t>(function), &offset};
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* data) {
        const auto& want = *static_cast<Wanted*>(data);
        for (int i = 0; i < info->dlpi_phnum; i++) {
          const ElfW(Phdr)& header = info->dlpi_phdr[i];
          const uint64_t from = info->dlpi_addr + header.p_vaddr;
          if (header.p_type == PT_LOAD && want.address >= from &&
              want.address < from + header.p_memsz) {
            *want.offset = want.address - from + header.p_offset;
          }
        }
        return 0;
      },
      &wanted);
  return offset;
}

TEST(Symbol, NamesAFunctionOfThisProgram) {
  const Fd self(::open("/proc/self/exe", O_RDONLY));
  const uint64_t at = FileOffsetOf(reinterpret_cast<const void*>(&podtap_test_landmark));
  EXPECT_EQ(SymbolAt(self.get(), at + 3), "podtap_test_landmark+0x3");
  EXPECT_EQ(SymbolAt(self.get(), UINT64_MAX - 1), "");
}

TEST(Symbol, WhatIsNoElfFileHasNone) {
  EXPECT_EQ(SymbolAt(FileOf("#!/bin/sh\n").get(), 3), "");
  EXPECT_EQ(SymbolAt(FileOf("").get(), 0), "");
  EXPECT_EQ(SymbolAt(FileOf(std::string("\x7f"
                                        "ELF\x02\x01\x01",
                                        7))
                         .get(),
                     0),
            "");
  EXPECT_EQ(SymbolAt(-1, 0), "");
}

TEST(Symbol, AHostileElfFileOnlyCostsItsName) {
  // Section headers that point beyond the file, sizes that overflow.
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_phnum = 1;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_shoff = UINT64_MAX - 64;
  header.e_shnum = 0xffff;
  header.e_shentsize = sizeof(Elf64_Shdr);
  Elf64_Phdr program{};
  program.p_type = PT_LOAD;
  program.p_filesz = UINT64_MAX;
  std::string text(reinterpret_cast<const char*>(&header), sizeof header);
  text.append(reinterpret_cast<const char*>(&program), sizeof program);
  EXPECT_EQ(SymbolAt(FileOf(text).get(), 10), "");
}

}  // namespace
}  // namespace podtap::recorder
