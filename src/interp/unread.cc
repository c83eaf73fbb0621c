#include "interp/unread.h"

#include "interp/snapshot.h"
#include "interp/statistics.h"
#include "ir/layout.h"

namespace podtap::interp {
namespace {

using Bytes = Snapshot::Bytes;

void AppendQuoted(std::string_view text, std::string& out) {
  out.push_back('"');
  out.append(text);
  out.push_back('"');
}

void AppendStats(const ir::Global& global, Bytes value, std::string& out) {
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
    out.append(row.name).append(std::to_string(ReadStat(global, row.field, value)));
  }
}

void AppendValue(const ir::Global& global, Bytes value, std::string& out) {
  if (global.value == ir::ValueType::kStats) {
    AppendStats(global, value, out);
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

}  // namespace

void AppendUnread(ir::Store& store, const ir::Module& module, uint32_t number, std::string& out) {
  const ir::Global& global = module.globals[number];
  if (!global.is_array()) {
    const uint8_t* scalar = store.Scalar(number);
    if (scalar == nullptr) return;
    const Bytes value(scalar, ir::SequenceOffset(global));
    if (global.value == ir::ValueType::kStats &&
        ReadStat(global, ir::StatField::kCount, value) == 0) {
      return;
    }
    out.append(global.name);
    return AppendValue(global, value, out);
  }
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
