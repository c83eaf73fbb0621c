// The calls that make maps, BTF and programs, with descriptors that close
// themselves and Errors that say what was tried.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "bpf/compile.h"

namespace podtap::attach {

// Raises RLIMIT_MEMLOCK, by which kernels before 5.11 count BPF memory. Not being
// allowed to is no error: newer ones don't need it.
void RaiseMemlock();

struct MapSpec {
  uint32_t type = 0;
  const char* name = "";
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  uint32_t max_entries = 1;
  uint32_t flags = 0;
};
Result<Fd> MakeMap(const MapSpec& spec);

// The BTF that gives a program's lines; see btf_blob.h.
Result<Fd> LoadBtf(std::span<const uint8_t> blob);

struct FuncRecord {
  uint32_t insn = 0, type_id = 0;
};
struct LineRecord {
  uint32_t insn = 0, file_name = 0, line_text = 0, line_column = 0;
};

struct ProgramSpec {
  uint32_t type = 0;
  uint32_t expected_attach_type = 0;
  uint32_t attach_btf_id = 0;
  uint32_t flags = 0;
  std::string name;
  std::span<const bpf::Insn> insns;
  int btf_fd = -1;                        // -1: no line information
  std::span<const FuncRecord> functions;  // the program itself, then its callbacks
  std::span<const LineRecord> lines;
};
// errno is in `error_number` when the result is invalid. The log is written when
// `log` isn't empty (level 1).
Fd LoadProgram(const ProgramSpec& spec, std::span<char> log, int& error_number);

// The remedy for a refused privilege.
std::string PrivilegeRemedy();

}  // namespace podtap::attach
