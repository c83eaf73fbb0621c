// Evidence ↔ JSON: a Death as a file.
//
// What enters and leaves: one JSON object, "schema": "podtap.death/v1". It is what
// the tests of the verdict's rules read, what the store keeps and what a user can
// attach to a question. A field that has its default value is left out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/evidence.h"

namespace podtap::store {

// Bytes of names that aren't UTF-8 become U+FFFD. `indent` below 0: all in one line.
std::string DeathToJson(const Death& death, int indent = -1);

// The inverse. What is wrong is an Error (kInput) that names the field; fields that
// aren't known are passed over, so that an older podtap reads a newer one's file.
Result<Death> DeathFromJson(std::string_view text);

// One row: {"at": …, "kind": "signal", …}, for `-o json` of a watch.
std::string RowToJson(const Row& row);
// "signal", "exit", "exec", "oom", "cgroup", "runtime", "clients", "kubelet", "log", "memory".
std::string_view RowKind(const Row& row);

}  // namespace podtap::store
