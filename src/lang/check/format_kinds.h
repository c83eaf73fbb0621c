// Which arguments a printf format takes.
//
// What enters: the format text. What leaves: one letter an argument in their
// order, 'd' for a long (of %d as well as of a `*`), 's' for a string, or what
// is wrong with the text. How it prints is lower's and print's business.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace podtap::lang::check {

std::expected<std::string, std::string> FormatKinds(std::string_view format);

}  // namespace podtap::lang::check
