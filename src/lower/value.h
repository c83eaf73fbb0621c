// What an expression became: the values that lower/ passes around.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ir/ir.h"
#include "kernel/btf.h"

namespace podtap::lower {

// A value of the script. Registers in it are never assigned again once made
// ("temporaries"), so a Value may be used later, as long as the path that made
// it leads there.
struct Value {
  enum class Kind : uint8_t {
    kNone,     // a call of a function that returns nothing
    kLong,     // operand: an i64 register or an immediate
    kString,   // operand: a str register or a literal
    kPointer,  // operand: a ptr register; a long to the script
    kText,     // text not made yet: `format` and `args`. Printing splices it into
               // its own format, so that the kernel never formats it
    kPlace,    // kernel memory that is no scalar (an array, a struct): its address
               // is a long to the script, and kernel_string() reads a char array of it
  } kind = Kind::kNone;

  ir::Operand operand;
  ir::Format format;              // kText
  std::vector<ir::Operand> args;  // kText
  kernel::TypeId type = 0;        // kPointer: the struct pointed to; kPlace: the type there
  int64_t offset = 0;             // kPlace: from the address in `operand` (ptr or i64)

  static Value Long(ir::Operand op) { return Of(Kind::kLong, op); }
  static Value Imm(int64_t v) { return Of(Kind::kLong, ir::Operand::I(v)); }
  static Value String(ir::Operand op) { return Of(Kind::kString, op); }
  static Value Pointer(ir::Reg reg, kernel::TypeId pointee) {
    Value value = Of(Kind::kPointer, ir::Operand::R(reg));
    value.type = pointee;
    return value;
  }

  bool is_imm() const { return kind == Kind::kLong && operand.is_imm(); }
  bool is_string() const { return kind == Kind::kString || kind == Kind::kText; }

 private:
  static Value Of(Kind kind, ir::Operand op) {
    Value value;
    value.kind = kind;
    value.operand = op;
    return value;
  }
};

}  // namespace podtap::lower
