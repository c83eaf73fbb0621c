#include "report/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "verdict/test_golden.h"

namespace podtap::report {
namespace {

using Json = nlohmann::json;

Json Golden(const std::string& name) {
  for (const verdict::GoldenCase& golden : verdict::ReadGoldenCases()) {
    if (golden.name == name) {
      return Json::parse(VerdictJson(golden.death, verdict::Judge(golden.death)));
    }
  }
  ADD_FAILURE() << "no case " << name;
  return {};
}

TEST(VerdictJson, TellsWhoDidIt) {
  const Json json = Golden("killed_host_malware");
  EXPECT_EQ(json["schema"], "podtap.verdict/v1");
  EXPECT_EQ(json["cause"], "killed.host");
  EXPECT_EQ(json["culprit"]["pid"], 23549);
  EXPECT_EQ(json["culprit"]["cmdline"], Json({"pkill", "-9", "server"}));
  EXPECT_EQ(json["culprit"]["uid"], 0);
  EXPECT_EQ(json["culprit"]["ancestry"][2]["comm"], "vGhyM0");
  EXPECT_EQ(json["culprit"]["ancestry"][2]["exited"], true);
  EXPECT_EQ(json["culprit"]["ancestry"][2]["flags"], Json({"deleted_exe", "temp_exe"}));
  EXPECT_EQ(json["subject"]["container"]["name"], "server");
  EXPECT_EQ(json["exit"]["code"], 137);
  EXPECT_EQ(json["exit"]["signal_name"], "SIGKILL");
  EXPECT_EQ(json["time"], "2026-07-30T21:13:22.000000000Z");
  // The rows themselves.
  ASSERT_EQ(json["evidence"].size(), 2U);
  EXPECT_EQ(json["evidence"][0]["kind"], "signal");
  EXPECT_EQ(json["evidence"][0]["id"], 0);
  EXPECT_EQ(json["evidence"][0]["before_end_ns"], 4'000'000);
  EXPECT_EQ(json["evidence"][0]["sender"]["pid"], 23549);
}

// Every number 0 in it, by its path.
void FindZeros(const Json& json, const std::string& path, std::vector<std::string>& zeros) {
  if (json.is_number() && json == 0) zeros.push_back(path);
  if (!json.is_structured()) return;
  for (const auto& [key, value] : json.items()) FindZeros(value, path + "/" + key, zeros);
}

TEST(VerdictJson, WhatIsNotKnownIsNoZero) {
  std::vector<std::string> zeros;
  const Json json = Json::parse(VerdictJson({}, verdict::Judge({})));
  FindZeros(json, "", zeros);
  EXPECT_EQ(zeros, std::vector<std::string>());
  EXPECT_TRUE(json["time"].is_null());
  EXPECT_TRUE(json["exit"]["code"].is_null());
  EXPECT_TRUE(json["exit"]["signal"].is_null());
  EXPECT_TRUE(json["culprit"].is_null());
  EXPECT_FALSE(json["subject"].contains("init"));
}

TEST(VerdictJson, AProcessOfWhichNothingIsKnown) {
  const Json json = Golden("killed_host_place_unknown");
  for (const char* name : {"exe", "cmdline", "cwd", "loginuid", "session", "tty", "unit", "sha256",
                           "container", "pod"}) {
    EXPECT_FALSE(json["culprit"].contains(name)) << name;
  }
  EXPECT_EQ(json["culprit"]["uid"], 0);  // the row knows that one
}

TEST(VerdictJson, OneLineAndValidUtf8) {
  store::Death death;
  death.container.name = "a\xff\nb";
  const std::string text = VerdictJson(death, verdict::Judge(death));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(Json::parse(text)["subject"]["container"]["name"], "a\xef\xbf\xbd\nb");
}

}  // namespace
}  // namespace podtap::report
