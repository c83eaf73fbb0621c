// Bytes → a string literal of the language that stands for them.
#pragma once

#include <string>
#include <string_view>

namespace podtap::lang {

std::string Quote(std::string_view text);

}  // namespace podtap::lang
