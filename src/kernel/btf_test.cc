#include "kernel/btf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "kernel/btf_builder.h"
#include "kernel/btf_format.h"

namespace podtap::kernel {
namespace {

using testing::ElementsAre;

std::unique_ptr<Btf> Parsed(const BtfBuilder& builder) {
  auto btf = Btf::Parse(builder.Bytes());
  EXPECT_TRUE(btf.has_value()) << (btf ? "" : btf.error().Message());
  return btf ? std::move(*btf) : nullptr;
}

std::vector<std::string> Names(const std::vector<BtfMember>& members) {
  std::vector<std::string> names;
  for (const BtfMember& member : members) names.emplace_back(member.name);
  return names;
}

TEST(Btf, FindsByNameAndKind) {
  BtfBuilder b;
  const TypeId integer = b.Int("int", 4, true);
  const TypeId point = b.Struct("point", 8, {{"x", integer, 0}, {"y", integer, 32}});
  const TypeId alias = b.Typedef("point", point);
  const TypeId choice = b.Union("choice", 4, {{"a", integer, 0}});
  const TypeId other = b.Typedef("choice_t", b.Const(choice));
  const auto btf = Parsed(b);
  EXPECT_EQ(btf->type_count(), 6u);
  EXPECT_EQ(btf->Find("point", BtfKind::kStruct), point);
  EXPECT_EQ(btf->Find("point", BtfKind::kTypedef), alias);
  EXPECT_EQ(btf->Find("poin", BtfKind::kStruct), std::nullopt);
  EXPECT_EQ(btf->Find("pointy", BtfKind::kStruct), std::nullopt);
  EXPECT_EQ(btf->Find("", BtfKind::kStruct), std::nullopt);
  EXPECT_EQ(btf->FindStruct("struct point"), point);
  EXPECT_EQ(btf->FindStruct("union point"), std::nullopt);
  EXPECT_EQ(btf->FindStruct("union choice"), choice);
  EXPECT_EQ(btf->FindStruct("choice"), choice);
  EXPECT_EQ(btf->FindStruct("choice_t"), choice);
  EXPECT_EQ(btf->FindStruct("int"), std::nullopt);
  EXPECT_EQ(btf->Strip(other), choice);
  EXPECT_TRUE(btf->IsStruct(other));
}

TEST(Btf, SizesAndSigns) {
  BtfBuilder b;
  const TypeId integer = b.Int("int", 4, true);
  const TypeId byte = b.Int("unsigned char", 1, false);
  const TypeId text = b.Array(b.Const(b.Int("char", 1, true)), 16);
  const TypeId pointer = b.Ptr(integer);
  const TypeId grid = b.Array(b.Array(integer, 3), 5);
  const TypeId huge = b.Array(b.Array(integer, 0xffffffff), 0xffffffff);
  const TypeId state = b.Enum("state", {{"kIdle", -1}, {"kBusy", 1}});
  const TypeId bytes = b.Array(byte, 16);
  const auto btf = Parsed(b);
  EXPECT_EQ(btf->Size(pointer), 8u);
  EXPECT_EQ(btf->Size(grid), 60u);
  EXPECT_EQ(btf->ArrayLength(grid), 5u);
  EXPECT_EQ(btf->Size(huge), 0u);
  EXPECT_EQ(btf->Size(0), 0u);
  EXPECT_TRUE(btf->IsSigned(integer));
  EXPECT_FALSE(btf->IsSigned(byte));
  EXPECT_TRUE(btf->IsSigned(state));
  EXPECT_TRUE(btf->IsPointer(pointer));
  EXPECT_TRUE(btf->IsCharArray(text));
  EXPECT_FALSE(btf->IsCharArray(bytes));
  EXPECT_EQ(btf->Target(grid), btf->Strip(btf->Target(grid)));
}

TEST(Btf, MembersThroughAnonymousOnes) {
  BtfBuilder b;
  const TypeId integer = b.Int("int", 4, true);
  const TypeId inner = b.Struct("", 8, {{"c", integer, 0}, {"d", integer, 32}});
  const TypeId either = b.Union("", 8, {{"", inner, 0}, {"e", integer, 0}});
  const TypeId named = b.Struct("named", 8, {{"c", integer, 32}});
  const TypeId outer =
      b.Struct("outer", 24, {{"a", integer, 0}, {"", either, 64}, {"n", named, 128}});
  const auto btf = Parsed(b);
  EXPECT_THAT(Names(btf->Members(outer)), ElementsAre("a", "c", "d", "e", "n"));
  const auto d = btf->FindMember(outer, "d");
  ASSERT_TRUE(d.has_value());
  EXPECT_EQ(d->offset, 12u);
  EXPECT_EQ(d->type, integer);
  EXPECT_EQ(d->bit_size, 0u);
  EXPECT_EQ(btf->FindMember(outer, "x"), std::nullopt);
  EXPECT_EQ(btf->FindMember(integer, "c"), std::nullopt);
}

TEST(Btf, BitFieldsOfBothEncodings) {
  BtfBuilder b;
  const TypeId word = b.Int("unsigned int", 4, false);
  const TypeId three_bits = b.Int("unsigned int", 4, false, 3);
  const TypeId modern =
      b.Struct("modern", 12, {{"plain", word, 0}, {"low", word, 32, 3}, {"high", word, 70, 5}});
  const TypeId old =
      b.Struct("old", 8, {{"plain", word, 0}, {"low", three_bits, 32}, {"high", three_bits, 37}});
  const auto btf = Parsed(b);
  const auto expect = [&](TypeId type, const char* name, uint32_t offset, uint32_t bit,
                          uint32_t size) {
    const auto member = btf->FindMember(type, name);
    ASSERT_TRUE(member.has_value()) << name;
    EXPECT_EQ(member->offset, offset) << name;
    EXPECT_EQ(member->bit_offset, bit) << name;
    EXPECT_EQ(member->bit_size, size) << name;
  };
  expect(modern, "plain", 0, 0, 0);
  expect(modern, "low", 4, 0, 3);
  expect(modern, "high", 8, 6, 5);
  expect(old, "plain", 0, 0, 0);
  expect(old, "low", 4, 0, 3);
  expect(old, "high", 4, 5, 3);
}

TEST(Btf, BitFieldAcrossTwoUnits) {
  BtfBuilder b;
  const TypeId word = b.Int("unsigned int", 4, false);
  const TypeId packed = b.Struct("packed", 8, {{"wide", word, 27, 20}});
  const auto btf = Parsed(b);
  const auto wide = btf->FindMember(packed, "wide");
  ASSERT_TRUE(wide.has_value());
  EXPECT_EQ(wide->offset * 8 + wide->bit_offset, 27u);
  EXPECT_LT(wide->bit_offset, 8u);
  EXPECT_EQ(wide->bit_size, 20u);
}

// Found by the fuzzer: an int of corrupt size is no unit to measure in.
TEST(Btf, BitFieldOfAnEndlessInt) {
  BtfBuilder b;
  const TypeId endless = b.Int("int", 1u << 30, false, 8);
  const TypeId holder = b.Struct("holder", 8, {{"x", endless, 0}, {"y", endless, 8'000'003}});
  const auto btf = Parsed(b);
  const auto y = btf->FindMember(holder, "y");
  ASSERT_TRUE(y.has_value());
  EXPECT_EQ(y->offset, 1'000'000u);
  EXPECT_EQ(y->bit_offset, 3u);
}

TEST(Btf, Enumerators) {
  BtfBuilder b;
  const TypeId kind = b.Enum("kind", {{"kNone", 0}, {"kLast", 0xffffffff}});
  b.Enum("", {{"kMinus", -2}});
  b.Enum64("", {{"kWide", int64_t{1} << 40}, {"kLow", -5}});
  const auto btf = Parsed(b);
  EXPECT_EQ(btf->FindEnumerator("kLast"), 0xffffffff);
  EXPECT_EQ(btf->FindEnumerator("kMinus"), -2);
  EXPECT_EQ(btf->FindEnumerator("kWide"), int64_t{1} << 40);
  EXPECT_EQ(btf->FindEnumerator("kLow"), -5);
  EXPECT_EQ(btf->FindEnumerator("kNothing"), std::nullopt);
  EXPECT_EQ(btf->FindEnumerator(""), std::nullopt);
  EXPECT_EQ(btf->Enumerator(kind, "kNone"), 0);
  EXPECT_EQ(btf->Enumerator(kind, "kMinus"), std::nullopt);
}

TEST(Btf, DescribesInC) {
  BtfBuilder b;
  const TypeId integer = b.Int("int", 4, true);
  const TypeId character = b.Int("char", 1, true);
  const TypeId task = b.Struct("task_struct", 8, {});
  const TypeId task_pointer = b.Ptr(task);
  const TypeId text = b.Ptr(b.Const(character));
  const TypeId fixed = b.Const(b.Ptr(character));
  const TypeId array = b.Array(character, 16);
  const TypeId proto = b.FuncProto(integer, {{"", task_pointer}, {"", text}, {"", 0}});
  const TypeId tagged = b.Ptr(b.TypeTag("user", character));
  const auto expect = [](const Btf& btf, TypeId id, const char* text_of) {
    EXPECT_EQ(btf.Describe(id), text_of);
  };
  const TypeId pointer_to_array = b.Ptr(array);
  const TypeId callback = b.Ptr(proto);
  const TypeId callbacks = b.Array(callback, 4);
  const TypeId anonymous = b.Ptr(b.Union("", 4, {}));
  const TypeId forward = b.Ptr(b.Fwd("bio", true));
  const TypeId typedefed = b.Ptr(b.Typedef("pid_t", integer));
  const auto btf = Parsed(b);
  expect(*btf, 0, "void");
  expect(*btf, task_pointer, "struct task_struct*");
  expect(*btf, text, "const char*");
  expect(*btf, fixed, "char* const");
  expect(*btf, array, "char[16]");
  expect(*btf, pointer_to_array, "char(*)[16]");
  expect(*btf, callback, "int(*)(struct task_struct*, const char*, ...)");
  expect(*btf, callbacks, "int(*[4])(struct task_struct*, const char*, ...)");
  expect(*btf, tagged, "char*");
  expect(*btf, anonymous, "union {...}*");
  expect(*btf, forward, "union bio*");
  expect(*btf, typedefed, "pid_t*");
}

TEST(Btf, FunctionsAndPrefixes) {
  BtfBuilder b;
  const TypeId integer = b.Int("int", 4, true);
  const TypeId function = b.Func("f_one", b.FuncProto(integer, {{"a", integer}}));
  b.Func("g_two", b.FuncProto(0, {}));
  const TypeId point = b.Tracepoint("hit", {{"count", integer}});
  const auto btf = Parsed(b);
  ASSERT_EQ(btf->Params(function).size(), 1u);
  EXPECT_EQ(btf->Params(function)[0].name, "a");
  EXPECT_EQ(btf->ReturnType(function), integer);
  EXPECT_EQ(btf->Params(btf->Target(btf->Target(point))).size(), 2u);
  std::vector<std::string> names;
  btf->ForEach(BtfKind::kFunc, "f_",
               [&](TypeId, std::string_view name) { names.emplace_back(name); });
  EXPECT_THAT(names, ElementsAre("f_one"));
}

TEST(Btf, CirclesEnd) {
  BtfBuilder b;
  const TypeId loop = b.Typedef("loop", b.next_id());  // of itself
  const TypeId ping = b.Const(b.next_id() + 1);
  const TypeId pong = b.Volatile(ping);
  const TypeId array = b.Array(b.next_id(), 1);  // of itself
  const TypeId self = b.Struct("self", 8, {{"", b.next_id(), 0}, {"", b.next_id(), 0}});
  const TypeId pointer = b.Ptr(b.next_id());
  const TypeId proto = b.next_id() + 1;
  const TypeId callback = b.Ptr(proto);
  b.FuncProto(callback, {{"", callback}, {"", callback}, {"", callback}, {"", callback}});
  const auto btf = Parsed(b);
  EXPECT_EQ(btf->Strip(loop), 0u);
  EXPECT_EQ(btf->Size(pong), 0u);
  EXPECT_EQ(btf->Size(array), 0u);
  EXPECT_EQ(btf->FindMember(self, "x"), std::nullopt);
  EXPECT_TRUE(btf->Members(self).empty());
  for (const TypeId id : {loop, ping, array, pointer, callback, proto})
    EXPECT_LT(btf->Describe(id).size(), 20'000u);
}

TEST(Btf, IdsOutsideAreVoid) {
  BtfBuilder b;
  const TypeId pointer = b.Ptr(12345);
  b.Struct("s", 8, {{"m", 99999, 0}});
  const auto btf = Parsed(b);
  const TypeId far = std::numeric_limits<TypeId>::max();
  EXPECT_EQ(btf->Kind(far), BtfKind::kVoid);
  EXPECT_EQ(btf->Name(far), "");
  EXPECT_EQ(btf->Size(btf->Target(pointer)), 0u);
  EXPECT_EQ(btf->Describe(pointer), "void*");
  EXPECT_TRUE(btf->Params(far).empty());
  EXPECT_EQ(btf->FindMember(2, "m")->type, 99999u);
}

TEST(Btf, CorruptBytesAreErrors) {
  BtfBuilder b;
  b.Struct("s", 8, {{"m", b.Int("int", 4, true), 0}});
  const std::vector<uint8_t> good = b.Bytes();
  ASSERT_TRUE(Btf::Parse(good).has_value());
  EXPECT_FALSE(Btf::Parse({}).has_value());
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(Btf::Parse({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}))
        << size;
  const auto with = [&](size_t at, uint32_t word) {
    std::vector<uint8_t> bytes = good;
    std::memcpy(bytes.data() + at, &word, sizeof(word));
    return Btf::Parse(bytes);
  };
  EXPECT_FALSE(with(0, 0x9feb));                                             // byte order
  EXPECT_FALSE(with(offsetof(btf_format::Header, types_size), 0xffffffff));  // sections
  EXPECT_FALSE(with(offsetof(btf_format::Header, strings_offset), 0xfffffff0));
  EXPECT_FALSE(with(offsetof(btf_format::Header, header_size), 4));
  EXPECT_FALSE(with(sizeof(btf_format::Header) + 4, 31u << 24));          // kind
  EXPECT_FALSE(with(sizeof(btf_format::Header) + 4, 4u << 24 | 0xffff));  // too many members
  const auto nameless = with(sizeof(btf_format::Header), 0x7fffffff);     // name outside
  ASSERT_TRUE(nameless.has_value());
  EXPECT_EQ((*nameless)->Name(1), "");
  EXPECT_EQ((*nameless)->Find("int", BtfKind::kInt), std::nullopt);
}

// Every byte turned over, everything asked: nothing may read outside (the
// sanitizers watch) or run away.
TEST(Btf, AnyByteMayBeWrong) {
  BtfBuilder b;
  const TypeId integer = b.Int("int", 4, true);
  b.Struct("s", 8, {{"m", integer, 0}, {"", b.next_id() + 1, 32}});
  b.Union("", 4, {{"u", integer, 0, 3}});
  b.Enum("e", {{"kA", 1}});
  b.Tracepoint("t", {{"p", b.Ptr(b.Array(integer, 3))}});
  const std::vector<uint8_t> good = b.Bytes();
  for (size_t at = 0; at < good.size(); ++at)
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::vector<uint8_t> bytes = good;
      bytes[at] = static_cast<uint8_t>(bytes[at] ^ flip);
      const auto btf = Btf::Parse(std::move(bytes));
      if (!btf) continue;
      for (TypeId id = 0; id <= (*btf)->type_count() + 1; ++id) {
        EXPECT_LT((*btf)->Describe(id).size(), 100'000u);
        (*btf)->Size(id);
        (*btf)->IsSigned(id);
        (*btf)->IsCharArray(id);
        EXPECT_LE((*btf)->Members(id).size(), 1u << 16);
        EXPECT_LE((*btf)->Params(id).size(), 0xffffu);
      }
      (*btf)->FindEnumerator("kA");
    }
}

}  // namespace
}  // namespace podtap::kernel
