// TextCursor: a string being put together in scratch, behind a position in r8.
//
// What every piece leaves: r8 is at most cap - 1, and all bytes from r8 to the
// cap are zero. A piece may write into the slack behind the cap; Close() puts
// the NUL back. The verifier would follow every length separately, so counts
// pass from piece to piece through cells of scratch, where it forgets them.
#pragma once

#include <cstdint>
#include <string_view>

#include "bpf/emitter.h"

namespace podtap::bpf {

// Cells (Emitter::Cell) by use.
inline constexpr uint32_t kCellLaunder = 0, kCellDigits = 1, kCellSign = 2, kCellWidth = 3,
                          kCellPrecision = 4, kCellFirst = 5, kCellZeros = 6, kCellLoop = 7,
                          kCellLength = 8, kCellValue = 9, kCellAfter = 10, kCellLeft = 11,
                          kCellPosition = 12, kCellTries = 13;

class TextCursor {
 public:
  TextCursor(Emitter& e, const Text& to) : e_(e), to_(to) {}

  void Open();   // empties the text
  void Clamp();  // r8 into [0, cap - 1]
  void PutLiteral(std::string_view text);
  // Up to its NUL; r0 to r5 are lost.
  void PutText(const Text& from);
  // The digits that MakeDigits left, kCellDigits of them.
  void PutDigits();
  // The character, as often as the cell says (never when negative).
  void PutFill(char c, uint32_t cell);
  // The low byte of r1, unless it is 0.
  void PutByte();
  void Close();
  const Text& text() const { return to_; }

 private:
  void AddressAt(int to);
  Emitter& e_;
  const Text to_;
};

// Digits of r1 (unsigned) before kDigitsEnd; their number in r0. r1 to r4 are lost.
void MakeDigits(Emitter& e, int base, bool upper);

// Zeroes what is behind the first NUL of a str that a byte of was set to 0.
void CutAtNul(Emitter& e, const Text& text);

}  // namespace podtap::bpf
