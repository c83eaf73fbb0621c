// What a code means: `podtap explain`.
//
// What enters: a word as Docker, Kubernetes or podtap show it: an exit code, a wait
// status, a signal, a reason, a cause. What leaves: its readings, from the table in
// explanations.txt. Pure: it needs neither a target nor root.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace podtap::report {

// An entry of the table.
struct Explanation {
  std::vector<std::string> names;
  std::string is;
  std::vector<std::string> can;     // be behind it
  std::vector<std::string> cannot;  // be it
  std::vector<std::string> untold;  // by it
  std::vector<std::string> find;    // how to find out
  std::vector<std::string> see;     // names of other entries
};

// The table; empty `problem`: all of it was understood. For tests; explanations() is the
// embedded one.
std::vector<Explanation> ParseExplanations(std::string_view text, std::string& problem);
const std::vector<Explanation>& Explanations();
std::string_view ExplanationsText();  // explanations.txt

// One way to read a code. A number has several: 9 is an exit code and a signal.
struct Reading {
  std::string title;                        // "137: exit code, 128 + 9, SIGKILL"
  std::vector<const Explanation*> entries;  // the general one first
};

// Empty: nobody knows it.
std::vector<Reading> Explain(std::string_view code);
// Names that look like it, the nearest first.
std::vector<std::string> NearCodes(std::string_view code);

std::string ReadingText(const Reading& reading, int width, bool colour);
// {"schema": "podtap.explanation/v1", "code", "readings": [{"title", "entries": [{"name",
// "is", "can", "cannot", "untold",
// "find", "see"}]}]}
std::string ReadingsJson(std::string_view code, const std::vector<Reading>& readings);

}  // namespace podtap::report
