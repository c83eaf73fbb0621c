// The golden cases: testdata/*.json, one file a case, {"about", "death", "verdict"}.
//
// For the tests of this room and of report/. "death" was written by hand from what the
// kernel does; scripts/approve writes what Judge() says of it now.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "store/evidence_json.h"

namespace podtap::verdict {

struct GoldenCase {
  std::string name;  // of its file, without ".json"
  std::string path;
  nlohmann::ordered_json file;
  store::Death death;
};

// All of them, by name. A file that can't be read fails the test.
inline std::vector<GoldenCase> ReadGoldenCases() {
  std::vector<GoldenCase> cases;
  const std::string folder = std::string(PODTAP_SOURCE_DIR) + "/src/verdict/testdata";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    GoldenCase golden{.name = entry.path().stem(), .path = entry.path(), .file = {}, .death = {}};
    std::stringstream text;
    text << std::ifstream(golden.path).rdbuf();
    golden.file = nlohmann::ordered_json::parse(text.str(), nullptr, false);
    EXPECT_TRUE(golden.file.is_object()) << golden.path << ": not a JSON object";
    if (!golden.file.is_object()) continue;
    const Result<store::Death> death = store::DeathFromJson(golden.file["death"].dump());
    EXPECT_TRUE(death.has_value()) << golden.path << ": " << death.error().Message();
    if (!death) continue;
    golden.death = *death;
    cases.push_back(std::move(golden));
  }
  std::ranges::sort(cases, {}, &GoldenCase::name);
  EXPECT_FALSE(cases.empty()) << folder;
  return cases;
}

}  // namespace podtap::verdict
