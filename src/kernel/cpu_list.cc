#include "kernel/cpu_list.h"

#include <algorithm>
#include <charconv>

namespace podtap::kernel {

int CountCpus(std::string_view list) {
  constexpr int kMostCpus = 1 << 16;
  int count = 0;
  const char* at = list.data();
  const char* end = list.data() + list.size();
  while (at < end && *at != '\n') {
    int cpu = 0;
    const auto [next, error] = std::from_chars(at, end, cpu);
    if (error != std::errc() || cpu < 0 || cpu >= kMostCpus) return 0;
    count = std::max(count, cpu + 1);
    at = next;
    if (at < end && (*at == '-' || *at == ','))
      ++at;
    else if (at < end && *at != '\n')
      return 0;
  }
  return count;
}

}  // namespace podtap::kernel
