// Where a process runs, seen from the container that died.
#pragma once

#include <string>

#include "verdict/view.h"

namespace podtap::verdict {

enum class Place : uint8_t {
  kUnknown,
  kHost,   // outside every container
  kSame,   // in the container that died
  kOther,  // in another container
};

// `cgroup` is what the row says of it, for processes of which nothing else is known.
Place PlaceOf(const View& view, const store::ProcessKey& process, cgroup::CgroupId cgroup);

// The other container that it runs in, as far as it is known.
std::optional<container::Container> ContainerOf(const View& view, const store::ProcessKey& process,
                                                cgroup::CgroupId cgroup);

// True when the dead container runs inside of the one that `process` is in, as the
// pods of a node that is itself a container do.
bool InEnclosing(const View& view, const store::ProcessKey& process);

// True when the path is `above` or below it: "/a/b" is below "/a" and "/".
bool IsBelow(std::string_view path, std::string_view above);

}  // namespace podtap::verdict
