// Which pieces of the tapset a script needs.
//
// What enters: the user's text. What leaves: every tapset file with the pieces
// (functions, aliases) that no word of the script leads to blanked out, line
// numbers kept. A script needs some twenty pieces of four hundred, and parsing
// the others would take as long as all the rest of the compilation.
//
// A piece is needed when its name stands anywhere as a word in the script or in
// another needed piece: too much sometimes, never too little. Where a wildcard
// makes that doubtful, everything is kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tapset/tapset.h"

namespace podtap::tapset {

struct Selected {
  std::string_view name;
  std::string text;  // empty: nothing of that file is needed
};

// In the order of Scripts().
std::vector<Selected> Select(std::string_view user_text);

}  // namespace podtap::tapset
