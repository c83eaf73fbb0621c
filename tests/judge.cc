// judge FILE...: the verdict of each file's evidence, one JSON object a line.
//
// A file is podtap.death/v1, or a golden case with it in "death". For the tests of the
// schema, and to look at a death by hand (--text).
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "report/json.h"
#include "report/text.h"
#include "store/evidence_json.h"

int main(int argc, char** argv) {
  using namespace podtap;
  bool text = false;
  for (int i = 1; i < argc; i++) {
    const std::string path = argv[i];
    if (path == "--text") {
      text = true;
      continue;
    }
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    auto json = nlohmann::ordered_json::parse(content.str(), nullptr, false);
    if (json.is_object() && json.contains("death")) json = json["death"];
    const Result<store::Death> death =
        store::DeathFromJson(json.dump(-1, ' ', false, decltype(json)::error_handler_t::replace));
    if (!death) {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), death.error().Message().c_str());
      return 1;
    }
    const verdict::Verdict verdict = verdict::Judge(*death);
    const std::string out =
        text ? report::VerdictText(*death, verdict) : report::VerdictJson(*death, verdict);
    std::printf("%s\n", out.c_str());
  }
  return 0;
}
