// Context variables and walks through kernel structs.
//
// A walk starts at a probe argument or a cast and follows members. As long as
// every pointer on the way came from a typed one, the loads are direct; from a
// plain long on, the memory is read with a helper that reports a fault.
#include <cinttypes>

#include "lower/program.h"

namespace podtap::lower {

using lang::Access;
using lang::As;

namespace {

constexpr std::string_view kReadFault = "kernel read fault [man error::fault]";

bool IsPretty(const Access& access) {
  return access.kind == Access::Kind::kPretty || access.kind == Access::Kind::kPrettyDeep;
}

}  // namespace

const kernel::Btf* ProgramLowering::btf() {
  const auto types = shared_.kernel.btf();
  return types ? *types : nullptr;
}

std::vector<std::string> ProgramLowering::VarNames() const {
  std::vector<std::string> names;
  for (const probes::ContextVar& var : match_.vars) names.push_back("$" + var.name);
  for (const char* special : {"$$name", "$$parms", "$$vars"}) names.emplace_back(special);
  return names;
}

void ProgramLowering::BranchUnlessOk(ir::Reg pointer, ir::BlockId otherwise) {
  const ir::Reg ok = build_.EmitLong(ir::Op::kPtrOk, {ir::Operand::R(pointer)});
  const ir::BlockId go_on = build_.NewBlock();
  build_.Branch(ir::Operand::R(ok), go_on, otherwise);
  build_.SetBlock(go_on);
}

void ProgramLowering::GuardPointer(ir::Reg pointer, const lang::Token& token) {
  if (guard_block_ != build_.block()) guarded_.clear();
  if (!guarded_.insert(pointer).second) return;
  At(token);
  const ir::BlockId fault = build_.NewBlock();
  BranchUnlessOk(pointer, fault);
  const ir::BlockId go_on = build_.block();
  build_.SetBlock(fault);
  Fail(kReadFault);
  build_.SetBlock(go_on);
  guard_block_ = go_on;
}

// $name as the probe got it: a pointer, or a long of the argument's width.
Value ProgramLowering::ArgValue(const probes::ContextVar& var) {
  const kernel::Btf* types = btf();
  ir::Instr instr;
  instr.op = ir::Op::kArg;
  instr.imm = var.arg;
  if (types->IsPointer(var.btf_type)) {
    const kernel::TypeId pointee = types->Strip(types->Target(types->Strip(var.btf_type)));
    if (types->IsStruct(pointee)) {
      instr.dst = build_.NewPointer(pointee);
      const ir::Reg pointer = build_.Emit(std::move(instr)).dst;
      if (!var.may_be_number) return Value::Pointer(pointer, pointee);
      return Value::Long(
          ir::Operand::R(build_.EmitLong(ir::Op::kPtrToInt, {ir::Operand::R(pointer)})));
    }
  }
  instr.dst = build_.NewLong();
  ir::Operand value = ir::Operand::R(build_.Emit(std::move(instr)).dst);
  const uint32_t size = types->IsPointer(var.btf_type) ? 8 : types->Size(var.btf_type);
  if (size > 0 && size < 8) {  // the upper bits of the word are not the argument's
    const ir::Operand bits = ir::Operand::I(64 - 8 * int64_t{size});
    const bool is_signed = types->IsSigned(var.btf_type);
    value = ir::Operand::R(build_.EmitLong(ir::Op::kShl, {value, bits}));
    value = ir::Operand::R(
        build_.EmitLong(is_signed ? ir::Op::kShr : ir::Op::kShrLogical, {value, bits}));
  }
  return Value::Long(value);
}

Value ProgramLowering::VarsText(const std::string& which) {
  if (which == "$name") return Value::String(build_.Literal(match_.trace_name));
  Value text;
  text.kind = Value::Kind::kText;
  std::string separator;
  for (const probes::ContextVar& var : match_.vars) {
    ir::Directive name, number;
    name.text = separator + var.name + "=";
    separator = " ";
    number.conversion = ir::Directive::Conversion::kHex;
    number.alternate = true;
    text.format.pieces.push_back(std::move(name));
    text.format.pieces.push_back(std::move(number));
    text.args.push_back(AsLong(arg_values_[static_cast<size_t>(&var - match_.vars.data())]));
  }
  return text;
}

std::optional<ProgramLowering::Place> ProgramLowering::TargetPlace(const lang::Target& target,
                                                                   bool diagnose) {
  for (const probes::ContextVar& var : match_.vars) {
    if (var.name != target.name) continue;
    Place place;
    place.type = var.btf_type;
    place.is_value = true;
    if (diagnose) place.base = arg_values_[static_cast<size_t>(&var - match_.vars.data())];
    return place;
  }
  if (diagnose) {
    const std::string message =
        match_.vars.empty() ? "there are no context variables here, so no '$" + target.name + "'"
                            : "unable to find tracepoint variable '$" + target.name + "'";
    std::string list;
    for (const std::string& name : VarNames()) list += (list.empty() ? "" : ", ") + name;
    Refuse(target.tok, match_.vars.empty() ? message : message + " (alternatives: " + list + ")");
  }
  return std::nullopt;
}

Value ProgramLowering::LowerTarget(const lang::Target& target) {
  At(target.tok);
  if (target.is_var) {
    Refuse(target.tok,
           "@var needs a program's or the kernel's debug information, which podtap doesn't read");
    return Value::Imm(0);
  }
  if (target.name == "$vars" || target.name == "$parms" || target.name == "$name") {
    if (match_.vars.empty() && match_.trace_name.empty()) {
      Refuse(target.tok, "there is no '$" + target.name + "' here");
      return Value::String(build_.Literal(""));
    }
    return VarsText(target.name);
  }
  if (target.name == "$locals" || target.name == "$return") {
    return Value::String(build_.Literal(""));
  }
  const auto place = TargetPlace(target, true);
  if (!place) return Default(target.type);
  return FinishWalk(*place, target.path, target.address_of, target.tok);
}

// Where @cast(value, "type") starts: at the struct that the value points to.
std::optional<ProgramLowering::Place> ProgramLowering::CastStart(const lang::Cast& cast,
                                                                 bool diagnose, bool emit) {
  const kernel::Btf* types = btf();
  const auto type = types ? types->FindStruct(cast.type_name) : std::nullopt;
  if (!type) {
    if (diagnose) {
      Refuse(cast.tok, "type definition '" + cast.type_name + "' not found in the kernel's BTF");
    }
    return std::nullopt;
  }
  Place place;
  place.type = *type;
  if (!emit) return place;
  const Value value = LowerExpr(*cast.operand);
  const bool typed = value.kind == Value::Kind::kPointer && value.type == *type;
  place.base = typed ? value : Value::Long(AsLong(value));
  return place;
}

Value ProgramLowering::LowerCast(const lang::Cast& cast) {
  At(cast.tok);
  if (cast.path.empty()) return Value::Long(LowerLong(*cast.operand));
  auto place = CastStart(cast, true, true);
  if (!place) {
    LowerExpr(*cast.operand);
    return Default(cast.type);
  }
  At(cast.tok);
  if (place->base.kind == Value::Kind::kPointer) {
    GuardPointer(place->base.operand.reg, cast.tok);
  }
  return FinishWalk(*place, cast.path, cast.address_of, cast.tok);
}

Value ProgramLowering::FinishWalk(Place place, const std::vector<Access>& path, bool address_of,
                                  const lang::Token& token) {
  bool pretty = false;
  for (const Access& access : path) {
    if (IsPretty(access)) {
      pretty = true;
      continue;
    }
    if (!Follow(place, access, true)) return Value::Imm(0);
  }
  At(token);
  if (address_of) {
    if (place.is_value) {
      Refuse(token, "a probe's argument has no address");
      return Value::Imm(0);
    }
    return Value::Long(AsLong(PlaceAddress(place)));
  }
  if (!pretty) return LoadPlace(place);
  const kernel::Btf* types = btf();
  Value text;
  text.kind = Value::Kind::kText;
  ir::Directive piece;
  if (types->IsCharArray(place.type)) {
    const Value string = IntrinsicString(PlaceAddress(place), ir::Operand::I(-1), false);
    return Concat(Concat(Value::String(build_.Literal("\"")), string),
                  Value::String(build_.Literal("\"")));
  }
  if (types->IsStruct(place.type)) {
    Refuse(token, "podtap can't pretty-print a whole struct yet: name its members");
    return Value::String(build_.Literal(""));
  }
  piece.conversion = types->IsPointer(place.type) ? ir::Directive::Conversion::kPointer
                                                  : ir::Directive::Conversion::kDecimal;
  text.format.pieces.push_back(piece);
  text.args.push_back(AsLong(LoadPlace(place)));
  return text;
}

// Turns a place that holds a pointer into the place it points to.
bool ProgramLowering::Dereference(Place& place, const lang::Token& token, bool diagnose) {
  const kernel::Btf* types = btf();
  const kernel::TypeId pointer = types->Strip(place.type);
  const kernel::TypeId pointee = types->Strip(types->Target(pointer));
  if (diagnose) {
    Value value = LoadPlace(place);
    if (value.kind == Value::Kind::kPointer) {
      GuardPointer(value.operand.reg, token);
    } else {
      value = Value::Long(AsLong(value));
    }
    place.base = value;
  }
  place.offset = 0;
  place.type = pointee;
  place.is_value = place.in_union = false;
  place.bit_offset = place.bit_size = 0;
  return true;
}

bool ProgramLowering::Follow(Place& place, const Access& access, bool diagnose) {
  const kernel::Btf* types = btf();
  if (types->IsPointer(place.type)) Dereference(place, access.tok, diagnose);
  if (access.kind == Access::Kind::kMember) {
    if (!types->IsStruct(place.type)) {
      if (diagnose) {
        Refuse(access.tok, "'" + types->Describe(place.type) + "' has no members, so no '" +
                               access.member + "'");
      }
      return false;
    }
    const kernel::TypeId owner = types->Strip(place.type);
    place.in_union |= types->Kind(owner) == kernel::BtfKind::kUnion;
    const auto member = types->FindMember(owner, access.member);
    if (!member) {
      if (diagnose) {
        std::vector<std::string> names;
        for (const kernel::BtfMember& candidate : types->Members(owner)) {
          names.emplace_back(candidate.name);
        }
        source::Diagnostic diagnostic;
        diagnostic.message =
            "unable to find member '" + access.member + "' for " + types->Describe(owner);
        diagnostic.span = access.tok.span;
        diagnostic.token = access.tok.token_class;
        diagnostic.similar = source::Similar(access.member, names);
        if (build_.is_tapset(access.tok)) diagnostic.used_from = probe_.used_from;
        shared_.diagnostics.Add(std::move(diagnostic));
      }
      return false;
    }
    place.offset += member->offset;
    place.type = member->type;
    place.bit_offset = member->bit_offset;
    place.bit_size = member->bit_size;
    return true;
  }
  // [index]: into an array, or off a pointer that Dereference went through.
  const kernel::TypeId stripped = types->Strip(place.type);
  const bool is_array = types->Kind(stripped) == kernel::BtfKind::kArray;
  const kernel::TypeId element = is_array ? types->Target(stripped) : place.type;
  const uint32_t size = types->Size(element);
  if (size == 0) {
    if (diagnose) Refuse(access.tok, "can't index '" + types->Describe(place.type) + "'");
    return false;
  }
  place.type = element;
  if (!diagnose) return true;
  const ir::Operand index = LowerLong(*access.index);
  const bool inside = is_array && index.is_imm() && index.imm >= 0 &&
                      index.imm < int64_t{types->ArrayLength(stripped)};
  if (inside) {
    place.offset += index.imm * size;
    return true;
  }
  // An index only known at run time leaves the typed object: read by address.
  const Value base = PlaceAddress(place);
  const Value scaled = Arithmetic(lang::BinaryOp::kMul, Value::Long(index), Value::Imm(size));
  place.base = Arithmetic(lang::BinaryOp::kAdd, base, scaled);
  place.offset = 0;
  return true;
}

Value ProgramLowering::PlaceAddress(const Place& place) {
  Value value;
  value.kind = Value::Kind::kPlace;
  value.operand = place.base.operand;
  value.type = place.type;
  value.offset = place.offset;
  if (place.base.kind == Value::Kind::kPointer) return value;
  if (!value.operand.is_reg()) {  // a constant address
    return Value::Imm(value.operand.imm + place.offset);
  }
  return value;
}

Value ProgramLowering::LoadPlace(const Place& place) {
  if (place.is_value) return place.base;
  const kernel::Btf* types = btf();
  const kernel::TypeId stripped = types->Strip(place.type);
  const kernel::BtfKind kind = types->Kind(stripped);
  if (kind == kernel::BtfKind::kArray || kind == kernel::BtfKind::kStruct ||
      kind == kernel::BtfKind::kUnion) {
    return PlaceAddress(place);
  }
  uint32_t size = types->IsPointer(stripped) ? 8 : types->Size(stripped);
  bool is_signed = !types->IsPointer(stripped) && types->IsSigned(stripped);
  if (size != 1 && size != 2 && size != 4) size = 8;
  int64_t offset = place.offset;
  uint32_t bit = place.bit_offset;
  if (place.bit_size != 0) {  // the aligned word that holds the bits
    const auto start = static_cast<uint64_t>(offset) * 8 + bit;
    const uint64_t word_bits = uint64_t{size} * 8;
    offset = static_cast<int64_t>(start / word_bits * size);
    bit = static_cast<uint32_t>(start % word_bits);
  }
  Value value;
  // A verifier before 6.4 takes a union for its first member, and refuses a typed load of
  // another one that is longer.
  const bool typed = place.base.kind == Value::Kind::kPointer && !place.in_union;
  if (!typed && place.base.kind == Value::Kind::kPointer) {
    Place word = place;
    word.offset = offset;
    value = ReadAddress(AsLong(PlaceAddress(word)), size, is_signed, "", false);
  } else if (typed) {
    ir::Instr instr;
    instr.op = ir::Op::kLoad;
    instr.args = {place.base.operand};
    instr.imm = offset;
    instr.size = static_cast<uint8_t>(size);
    instr.is_signed = is_signed;
    const kernel::TypeId pointee =
        types->IsPointer(stripped) ? types->Strip(types->Target(stripped)) : 0;
    if (pointee != 0 && types->IsStruct(pointee)) {
      instr.dst = build_.NewPointer(pointee);
      return Value::Pointer(build_.Emit(std::move(instr)).dst, pointee);
    }
    instr.dst = build_.NewLong();
    value = Value::Long(ir::Operand::R(build_.Emit(std::move(instr)).dst));
  } else {
    const Value address = Arithmetic(lang::BinaryOp::kAdd, place.base, Value::Imm(offset));
    value = ReadAddress(address.operand, size, is_signed, "", false);
  }
  if (place.bit_size == 0) return value;
  const auto left = static_cast<int64_t>(64 - bit - place.bit_size);
  const auto right = static_cast<int64_t>(64 - place.bit_size);
  value = Arithmetic(lang::BinaryOp::kShl, value, Value::Imm(left));
  return Arithmetic(is_signed ? lang::BinaryOp::kShr : lang::BinaryOp::kShrLogical, value,
                    Value::Imm(right));
}

// Reads an address that is just a number. `what` is SystemTap's word for the
// function that asked ("long"); empty for a walk.
Value ProgramLowering::ReadAddress(ir::Operand address, uint32_t size, bool is_signed,
                                   std::string_view what, bool user) {
  ir::Instr instr;
  instr.op = user ? ir::Op::kReadUser : ir::Op::kReadKernel;
  instr.dst = build_.NewLong();
  instr.dst2 = build_.NewLong();
  instr.args = {address};
  instr.size = static_cast<uint8_t>(size);
  instr.is_signed = is_signed;
  const ir::Instr& made = build_.Emit(std::move(instr));
  const ir::Operand value = ir::Operand::R(made.dst), fault = ir::Operand::R(made.dst2);
  FailOnFault(fault, address, what, user);
  return Value::Long(value);
}

// "kernel long copy fault at 0x8 [man error::fault]"
void ProgramLowering::FailOnFault(ir::Operand fault, ir::Operand address, std::string_view what,
                                  bool user) {
  ir::Format format;
  ir::Directive before, number, after;
  before.text = std::string(user ? "user " : "kernel ") +
                (what.empty() ? "read" : std::string(what) + " copy") + " fault at ";
  number.conversion = ir::Directive::Conversion::kPointer;
  after.text = " [man error::fault]";
  format.pieces = {before, number, after};
  FailIfWith(fault, format, {address});
}

// Whether the context variable or member exists, for @defined.
bool ProgramLowering::IsDefined(const lang::Expr& expr) {
  const auto walks = [&](std::optional<Place> place, const std::vector<Access>& path) {
    if (!place) return false;
    for (const Access& access : path) {
      if (!IsPretty(access) && !Follow(*place, access, false)) return false;
    }
    return true;
  };
  if (expr.kind == lang::ExprKind::kTarget) {
    const auto& target = As<lang::Target>(expr);
    if (target.is_var) return false;
    if (target.name.starts_with("$")) return !match_.vars.empty() || !match_.trace_name.empty();
    return walks(TargetPlace(target, false), target.path);
  }
  if (expr.kind == lang::ExprKind::kCast) {
    const auto& cast = As<lang::Cast>(expr);
    return walks(CastStart(cast, false, false), cast.path);
  }
  return true;
}

}  // namespace podtap::lower
