// Where the probe is, and memory read through the host.
#include <algorithm>
#include <cstring>

#include "interp/machine.h"

namespace podtap::interp {
namespace {

using ir::ContextValue;
using ir::Op;

// The value of `size` little-endian bytes.
int64_t Widen(const uint8_t* bytes, uint32_t size, bool is_signed) {
  uint64_t number = 0;
  std::memcpy(&number, bytes, size);
  if (is_signed && size < 8) {
    const uint32_t shift = 64 - 8 * size;
    return static_cast<int64_t>(number << shift) >> shift;
  }
  return static_cast<int64_t>(number);
}

bool IsWord(uint32_t size) { return size >= 1 && size <= 8; }

using Reader = bool (Host::*)(uint64_t, void*, uint32_t);

Reader ReaderOf(Op op) {
  return op == Op::kReadUser || op == Op::kReadUserStr ? &Host::ReadUser : &Host::ReadKernel;
}

// Reads up to a NUL or `most` bytes. In pieces that end with a page, so that a
// string is had even when what follows its page can't be read.
bool ReadText(Host& host, Reader reader, uint64_t address, size_t most, std::string& out) {
  constexpr uint64_t kPage = 4096, kPiece = 256;
  out.clear();
  char piece[kPiece];
  while (out.size() < most) {
    const uint64_t size = std::min({kPiece, kPage - address % kPage, uint64_t{most - out.size()}});
    if (!(host.*reader)(address, piece, static_cast<uint32_t>(size))) {
      out.clear();
      return false;
    }
    const size_t length = strnlen(piece, static_cast<size_t>(size));
    out.append(piece, length);
    if (length < size) break;
    address += size;
  }
  return true;
}

}  // namespace

// User-side probes have no arguments.
void DoArg(Machine& m, const ir::Instr& instr) { m.SetLong(instr.dst, 0); }

void DoContext(Machine& m, const ir::Instr& instr) {
  const auto which = static_cast<ContextValue>(instr.imm);
  if (which == ContextValue::kComm) {
    m.SetStr(instr.dst, m.host.Comm());
  } else {
    m.SetLong(instr.dst, m.host.Context(which));
  }
}

void DoLoad(Machine& m, const ir::Instr& instr) {
  uint8_t bytes[8] = {};
  const uint64_t address = static_cast<uint64_t>(m.Long(instr.args[0]));
  int64_t value = 0;
  if (address != 0 && IsWord(instr.size) &&
      m.host.ReadKernel(address + static_cast<uint64_t>(instr.imm), bytes, instr.size)) {
    value = Widen(bytes, instr.size, instr.is_signed);
  }
  m.SetLong(instr.dst, value);
}

void DoLoadStr(Machine& m, const ir::Instr& instr) {
  char bytes[256] = {};
  const uint64_t address = static_cast<uint64_t>(m.Long(instr.args[0]));
  if (address == 0 ||
      !m.host.ReadKernel(address + static_cast<uint64_t>(instr.imm), bytes, instr.size)) {
    bytes[0] = '\0';
  }
  m.SetStr(instr.dst, {bytes, strnlen(bytes, instr.size)});
}

void DoRead(Machine& m, const ir::Instr& instr) {
  uint8_t bytes[8] = {};
  const auto address = static_cast<uint64_t>(m.Long(instr.args[0]));
  const bool fine = IsWord(instr.size) && (m.host.*ReaderOf(instr.op))(address, bytes, instr.size);
  m.SetLong(instr.dst, fine ? Widen(bytes, instr.size, instr.is_signed) : 0);
  m.SetLong(instr.dst2, !fine);
}

void DoReadStr(Machine& m, const ir::Instr& instr) {
  const auto address = static_cast<uint64_t>(m.Long(instr.args[0]));
  size_t most = instr.dst != ir::kNoReg ? m.regs->limits[instr.dst] : 0;
  if (instr.args.size() > 1) {
    const int64_t wanted = m.Long(instr.args[1]);
    if (wanted >= 0) most = std::min(most, static_cast<size_t>(wanted));
  }
  const bool fine = ReadText(m.host, ReaderOf(instr.op), address, most, m.text);
  m.SetStr(instr.dst, m.text);
  m.SetLong(instr.dst2, !fine);
}

void DoReadBytes(Machine& m, const ir::Instr& instr) {
  const auto address = static_cast<uint64_t>(m.Long(instr.args[0]));
  const int64_t most = instr.dst != ir::kNoReg ? m.regs->limits[instr.dst] : 0;
  m.text.assign(static_cast<size_t>(std::clamp<int64_t>(m.Long(instr.args[1]), 0, most)), '\0');
  const bool fine = m.text.empty() ||
                    m.host.ReadKernel(address, m.text.data(), static_cast<uint32_t>(m.text.size()));
  m.SetStr(instr.dst, fine ? std::string_view(m.text) : std::string_view());
  m.SetLong(instr.dst2, !fine);
}

void DoTaskFromPid(Machine& m, const ir::Instr& instr) {
  m.SetLong(instr.dst, static_cast<int64_t>(m.host.TaskFromPid(m.Long(instr.args[0]))));
}

void DoChainCapture(Machine& m, const ir::Instr& instr) {
  ChainValue& chain = m.Chain(instr.dst);
  chain.count = 0;
  const Host::TaskOffsets offsets = m.host.task_offsets();
  if (offsets.real_parent == 0) return;
  auto task = static_cast<uint64_t>(m.Long(instr.args[0]));
  while (task != 0 && chain.count < ir::kMaxChain) {
    ir::ChainEntry& entry = chain.entries[chain.count];
    uint64_t parent = 0;
    if (!m.host.ReadKernel(task + offsets.comm, entry.comm, sizeof entry.comm) ||
        !m.host.ReadKernel(task + offsets.start_boottime, &entry.start_ns, sizeof entry.start_ns) ||
        !m.host.ReadKernel(task + offsets.real_parent, &parent, sizeof parent)) {
      return;
    }
    chain.count++;
    if (parent == task) return;  // the root is its own parent
    task = parent;
  }
}

}  // namespace podtap::interp
