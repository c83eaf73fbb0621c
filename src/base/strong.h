// Strong: a number or a text that must not be mixed with another of its kind.
//
//   using Tgid = Strong<struct TgidTag, int32_t>;
//
// It compares and hashes by its value and has no arithmetic.
#pragma once

#include <compare>
#include <functional>

namespace podtap {

template <typename Tag, typename T>
struct Strong {
  T value{};
  friend auto operator<=>(const Strong&, const Strong&) = default;
};

}  // namespace podtap

template <typename Tag, typename T>
struct std::hash<podtap::Strong<Tag, T>> {
  size_t operator()(const podtap::Strong<Tag, T>& strong) const {
    return std::hash<T>{}(strong.value);
  }
};
