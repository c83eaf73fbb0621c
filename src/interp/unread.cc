#include "interp/unread.h"

#include <cstring>
#include <vector>

#include "interp/snapshot.h"
#include "ir/layout.h"
#include "ir/statistics.h"

namespace podtap::interp {
namespace {

using Bytes = Snapshot::Bytes;

void AppendQuoted(std::string_view text, std::string& out) {
  out.push_back('"');
  out.append(text);
  out.push_back('"');
}

void AppendStats(Bytes value, std::string& out) {
  struct Row {
    const char* name;
    ir::StatField field;
  };
  constexpr Row kRows[] = {{" @count=", ir::StatField::kCount},
                           {" @min=", ir::StatField::kMin},
                           {" @max=", ir::StatField::kMax},
                           {" @sum=", ir::StatField::kSum},
                           {" @avg=", ir::StatField::kAvg}};
  for (const Row& row : kRows) {
    out.append(row.name).append(std::to_string(ir::ReadStat(row.field, value)));
  }
}

void AppendValue(const ir::Global& global, Bytes value, std::string& out) {
  if (global.value == ir::ValueType::kStats) {
    AppendStats(value, out);
  } else {
    out.push_back('=');
    if (global.value == ir::ValueType::kString) {
      AppendQuoted(TextIn(value.first(global.value_cap)), out);
    } else {
      out.append(std::to_string(NumberIn(value)));
    }
  }
  out.push_back('\n');
}

void AppendKeys(const ir::Global& global, Bytes key, std::string& out) {
  out.push_back('[');
  for (size_t i = 0; i < global.keys.size(); i++) {
    if (i > 0) out.push_back(',');
    const KeyPlace place = PlaceOfKey(global, i);
    const Bytes part = key.subspan(place.offset, place.size);
    if (global.keys[i].type == ir::Type::kStr) {
      AppendQuoted(TextIn(part), out);
    } else {
      out.append(std::to_string(NumberIn(part)));
    }
  }
  out.push_back(']');
}

void AppendScalar(ir::Store& store, const ir::Global& global, uint32_t number, std::string& out) {
  if (global.value == ir::ValueType::kString) {
    std::string text;
    if (global.boxed) {
      std::vector<uint8_t> value(ir::ValueSize(global));
      const int64_t key = 0;
      store.Get(number, Bytes(reinterpret_cast<const uint8_t*>(&key), sizeof key), value);
      text = TextIn(Bytes(value).first(global.value_cap));
    } else {
      store.Text(number, text);
    }
    out.append(global.name).push_back('=');
    AppendQuoted(text, out);
    out.push_back('\n');
    return;
  }
  std::vector<uint8_t> value(ir::ValueSize(global));
  if (global.value == ir::ValueType::kLong) {
    const int64_t* scalar = store.Long(number);
    if (scalar == nullptr) return;
    std::memcpy(value.data(), scalar, sizeof *scalar);
  } else if (!store.Get(number, {}, value) || ir::ReadStat(ir::StatField::kCount, value) == 0) {
    return;
  }
  out.append(global.name);
  AppendValue(global, value, out);
}

}  // namespace

void AppendUnread(ir::Store& store, const ir::Module& module, uint32_t number, std::string& out) {
  const ir::Global& global = module.globals[number];
  if (!global.is_array() || global.boxed) return AppendScalar(store, global, number, out);
  Snapshot snapshot;
  snapshot.Take(
      store, module, number, {.direction = -1}, [](Bytes) { return true; }, SIZE_MAX);
  for (size_t i = 0; i < snapshot.size(); i++) {
    out.append(global.name);
    AppendKeys(global, snapshot.Key(i), out);
    AppendValue(global, snapshot.Value(i), out);
  }
}

}  // namespace podtap::interp
