// What must hold of every verdict, whatever the evidence.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>

#include "verdict/test_golden.h"
#include "verdict/verdict.h"
#include "verdict/view.h"

namespace podtap::verdict {
namespace {

using store::Death;

// Everybody that a verdict names, and the dead process itself.
std::vector<store::ProcessKey> Named(const Death& death, const Verdict& verdict) {
  std::vector<store::ProcessKey> keys = {death.init};
  const auto add = [&](const Culprit& culprit) {
    if (culprit.process) keys.push_back(culprit.process->key);
  };
  if (verdict.culprit) add(*verdict.culprit);
  for (const Culprit& asker : verdict.on_behalf_of) add(asker);
  for (const Link& link : verdict.chain) keys.push_back(link.process);
  // A runtime's tool stands in its rows.
  for (const store::RowId row : verdict.evidence) {
    const auto* sent = std::get_if<store::SignalSent>(&death.rows[row].fact);
    if (sent != nullptr) keys.push_back(sent->sender);
  }
  return keys;
}

bool Contains(const std::vector<store::ProcessKey>& keys, const store::ProcessKey& key) {
  return std::ranges::any_of(keys, [&](const auto& other) { return Same(other, key); });
}

TEST(Property, ARowThatIsMissingProvesNobodyElseGuilty) {
  for (const GoldenCase& golden : ReadGoldenCases()) {
    const Verdict whole = Judge(golden.death);
    const auto named = Named(golden.death, whole);
    for (size_t row = 0; row < golden.death.rows.size(); row++) {
      Death less = golden.death;
      less.rows.erase(less.rows.begin() + static_cast<std::ptrdiff_t>(row));
      const Verdict verdict = Judge(less);
      if (verdict.confidence != Confidence::kProven || !verdict.culprit) continue;
      if (!verdict.culprit->process) continue;
      EXPECT_TRUE(Contains(named, verdict.culprit->process->key))
          << golden.name << " without row " << row << ": " << verdict.headline;
    }
  }
}

TEST(Property, APerfectWitnessIsNeverTheOnlyOneThatMatters) {
  // What is proven stays the same cause or becomes weaker when its own evidence goes.
  for (const GoldenCase& golden : ReadGoldenCases()) {
    const Verdict whole = Judge(golden.death);
    if (whole.confidence != Confidence::kProven) continue;
    Death none = golden.death;
    none.rows.clear();
    const Verdict verdict = Judge(none);
    if (verdict.cause != whole.cause) continue;
    EXPECT_TRUE(verdict.confidence != Confidence::kProven || whole.cause == Cause::kExit ||
                whole.cause == Cause::kStartFailed)
        << golden.name << ": proven by no row at all";
  }
}

// Rows that have nothing to do with the death.
Death WithNoise(const Death& death, unsigned seed) {
  std::mt19937 random(seed);
  Death noisy = death;
  const auto at = [&] {
    return store::BootNs{death.at.value - static_cast<int64_t>(random() % 60'000) * 1'000'000};
  };
  const auto stranger = [&] {
    return store::ProcessKey{{static_cast<int32_t>(300'000 + random() % 1000)},
                             {static_cast<int64_t>(1 + random() % 1000)}};
  };
  std::vector<store::Row> rows = death.rows;
  for (int i = 0; i < 20; i++) {
    store::SignalSent sent;
    sent.signal = random() % 2 == 0 ? 9 : 15;
    sent.info = store::SignalSent::Info::kReal;
    sent.sender = stranger();
    sent.target = stranger();
    sent.call = 62;
    rows.push_back({at(), sent});
    store::ProcessExited exited;
    exited.process = stranger();
    exited.status = random() % 3 == 0 ? 9 : 0;
    rows.push_back({at(), exited});
    rows.push_back({at(), store::ProcessExec{stranger(), "/bin/true"}});
    store::OomKill oom;
    oom.victim = stranger();
    oom.allocator = stranger();
    oom.levels.push_back({.path = "/elsewhere", .usage = 100, .limit = 100, .locked = true});
    rows.push_back({at(), oom});
    store::RuntimeSaid said;
    said.action = "kill";
    said.container.value = "ffffffffffff";
    said.signal = 9;
    rows.push_back({at(), said});
  }
  // In any order: Judge goes by their times.
  std::ranges::shuffle(rows, random);
  noisy.rows = rows;
  return noisy;
}

TEST(Property, NoiseChangesNothing) {
  for (const GoldenCase& golden : ReadGoldenCases()) {
    const Verdict quiet = Judge(golden.death);
    for (unsigned seed = 0; seed < 5; seed++) {
      const Death noisy = WithNoise(golden.death, seed);
      const Verdict verdict = Judge(noisy);
      EXPECT_EQ(verdict.cause, quiet.cause) << golden.name;
      EXPECT_EQ(verdict.confidence, quiet.confidence) << golden.name;
      EXPECT_EQ(verdict.headline, quiet.headline) << golden.name;
      EXPECT_EQ(verdict.culprit, quiet.culprit) << golden.name;
      EXPECT_EQ(verdict.gaps, quiet.gaps) << golden.name;
      ASSERT_EQ(verdict.evidence.size(), quiet.evidence.size()) << golden.name;
      for (size_t i = 0; i < quiet.evidence.size(); i++) {
        EXPECT_EQ(noisy.rows[verdict.evidence[i]].at, golden.death.rows[quiet.evidence[i]].at)
            << golden.name;
      }
    }
  }
}

TEST(Property, WithGapsNothingIsProven) {
  for (const GoldenCase& golden : ReadGoldenCases()) {
    if (Judge(golden.death).cause == Cause::kStartFailed) continue;  // the runtime's own word
    Death lost = golden.death;
    lost.gaps.push_back({.kind = store::Gap::Kind::kLost, .from = {}, .to = {}, .count = 1});
    EXPECT_NE(Judge(lost).confidence, Confidence::kProven) << golden.name;
    EXPECT_FALSE(Judge(lost).gaps.empty()) << golden.name;

    Death unwatched = golden.death;
    unwatched.watched = false;
    EXPECT_NE(Judge(unwatched).confidence, Confidence::kProven) << golden.name;
  }
}

TEST(Property, AGapAfterTheBlowHidesNoOtherKiller) {
  size_t tried = 0;
  for (const GoldenCase& golden : ReadGoldenCases()) {
    if (golden.name != "killed_host") continue;
    tried++;
    Death lost = golden.death;
    const int64_t blow = lost.rows[0].at.value;
    lost.gaps = {
        {.kind = store::Gap::Kind::kLost, .from = {blow + 1}, .to = {blow + 2}, .count = 9}};
    EXPECT_EQ(Judge(lost).confidence, Confidence::kProven);
    lost.gaps = {
        {.kind = store::Gap::Kind::kLost, .from = {blow - 2}, .to = {blow - 1}, .count = 9}};
    EXPECT_EQ(Judge(lost).confidence, Confidence::kLikely);
  }
  EXPECT_EQ(tried, 1U);
}

TEST(Property, ASignalWhoseSenderIsNotToldAccusesNobody) {
  for (const GoldenCase& golden : ReadGoldenCases()) {
    Death damaged = golden.death;
    for (store::Row& row : damaged.rows) {
      if (auto* sent = std::get_if<store::SignalSent>(&row.fact)) sent->sender = {};
    }
    const Verdict verdict = Judge(damaged);
    if (!verdict.culprit || verdict.culprit->kind != Culprit::Kind::kProcess) continue;
    ASSERT_TRUE(verdict.culprit->process) << golden.name << ": " << verdict.headline;
    EXPECT_TRUE(verdict.culprit->process->key.known()) << golden.name << ": " << verdict.headline;
  }
}

TEST(Property, WhatIsLikelySaysWhy) {
  for (const GoldenCase& golden : ReadGoldenCases()) {
    const Verdict verdict = Judge(golden.death);
    EXPECT_FALSE(verdict.headline.empty()) << golden.name;
    EXPECT_TRUE(verdict.headline.ends_with('.')) << golden.name;
    if (verdict.confidence == Confidence::kProven) {
      EXPECT_TRUE(!verdict.evidence.empty() || verdict.cause == Cause::kStartFailed) << golden.name;
    } else {
      EXPECT_FALSE(verdict.gaps.empty()) << golden.name;
    }
    for (const store::RowId row : verdict.evidence) {
      EXPECT_LT(row, golden.death.rows.size()) << golden.name;
    }
    EXPECT_EQ(verdict.cause == Cause::kUnknown, verdict.confidence == Confidence::kUnknown)
        << golden.name;
  }
}

// The cause that a case is named after: "runtime_stop_timeout_busy" is
// runtime.stop.timeout's, not runtime.stop's.
std::optional<Cause> NamedAfter(const std::string& name) {
  std::optional<Cause> found;
  size_t length = 0;
  for (size_t i = 0; i < kCauses; i++) {
    std::string cause(CauseName(static_cast<Cause>(i)));
    std::ranges::replace(cause, '.', '_');
    if (cause.size() <= length || !name.starts_with(cause)) continue;
    if (name.size() > cause.size() && name[cause.size()] != '_') continue;
    found = static_cast<Cause>(i);
    length = cause.size();
  }
  return found;
}

TEST(Golden, EveryCauseHasACaseAndANearMiss) {
  std::map<Cause, int> hits, misses;
  for (const GoldenCase& golden : ReadGoldenCases()) {
    const std::optional<Cause> named = NamedAfter(golden.name);
    if (!named) {
      EXPECT_TRUE(golden.name.starts_with("told_")) << golden.name << " is named after no cause";
      continue;
    }
    const bool near_miss = golden.file.value("about", "").starts_with("Near miss");
    const bool is_it = Judge(golden.death).cause == *named &&
                       Judge(golden.death).confidence == Confidence::kProven;
    EXPECT_FALSE(near_miss && is_it) << golden.name << " was not to be it";
    hits[*named] += is_it || *named == Cause::kUnknown ? 1 : 0;
    misses[*named] += near_miss ? 1 : 0;
  }
  for (size_t i = 0; i < kCauses; i++) {
    const auto cause = static_cast<Cause>(i);
    EXPECT_GE(hits[cause], 1) << CauseName(cause);
    EXPECT_GE(misses[cause], cause == Cause::kUnknown ? 0 : 1) << CauseName(cause);
  }
}

TEST(Judge, AnEmptyDeathIsUnknown) {
  const Verdict verdict = Judge({});
  EXPECT_EQ(verdict.cause, Cause::kUnknown);
  EXPECT_EQ(verdict.confidence, Confidence::kUnknown);
  EXPECT_FALSE(verdict.culprit.has_value());
}

TEST(Judge, AHundredThousandRowsTakeNoMinute) {
  // A fork bomb's worth: every process of the container dies by SIGKILL, one by another.
  Death death;
  death.watched = true;
  death.container.id.value = "4f00";
  death.container.cgroup = {42};
  death.init = {{1000}, {1}};
  death.at = {100'000'000'000};
  death.exit_status = 137 << 8;
  for (int i = 0; i < 30'000; i++) {
    const store::ProcessKey key{{2000 + i}, {5 + i}};
    store::Process process;
    process.key = key;
    process.parent = i == 0 ? death.init : store::ProcessKey{{2000 + i - 1}, {5 + i - 1}};
    process.cgroup = {42};
    death.processes.push_back(process);
    store::SignalSent sent;
    sent.signal = 9;
    sent.info = store::SignalSent::Info::kReal;
    sent.call = 62;
    sent.call_arg = key.pid.value;
    sent.sender = {{2000 + (i + 1) % 30'000}, {5 + (i + 1) % 30'000}};
    sent.target = key;
    sent.sender_cgroup = sent.target_cgroup = {42};
    death.rows.push_back({{99'000'000'000 + i}, sent});
    store::ProcessExited exited;
    exited.process = key;
    exited.status = 9;
    exited.cgroup = {42};
    death.rows.push_back({{99'500'000'000 + i}, exited});
  }
  const auto started = std::chrono::steady_clock::now();
  EXPECT_EQ(Judge(death).cause, Cause::kKilledInside);
  // Quadratic work would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
}

}  // namespace
}  // namespace podtap::verdict
