#include "store/evidence_json.h"

#include <gtest/gtest.h>

namespace podtap::store {
namespace {

Death SomeDeath() {
  Death death;
  death.container.runtime = container::RuntimeKind::kDocker;
  death.container.id.value = "4f00";
  death.container.name = "server";
  death.init = {{7942}, {1'000'000'123}};
  death.at = {5'000'000'000};
  death.exit_status = 9;
  death.watched = true;
  SignalSent sent;
  sent.signal = 9;
  sent.info = SignalSent::Info::kReal;
  sent.sender = {{23549}, {4'000'000'000}};
  sent.sender_comm = "pkill";
  sent.call = 62;
  sent.call_arg = -1;
  sent.target = death.init;
  sent.mapping = Mapping{.path = "/bin/server", .start = 0x400000, .end = 0x500000};
  death.rows.push_back({{4'999'000'000}, sent});
  OomKill oom;
  oom.victim = death.init;
  oom.levels.push_back({.path = "/docker/4f00", .limit = UINT64_MAX, .ooms = 2, .ooms_before = 1});
  death.rows.push_back({{4'999'500'000}, oom});
  ProcessExited exited;
  exited.process = death.init;
  exited.status = 9;
  death.rows.push_back({{5'000'000'000}, exited});
  Process killer;
  killer.key = sent.sender;
  killer.args = {"pkill", "-9", "server\x1b[1m"};
  killer.exited = BootNs{5'000'100'000};
  death.processes.push_back(killer);
  death.gaps.push_back({.kind = Gap::Kind::kLost, .count = 7});
  return death;
}

TEST(EvidenceJson, ReadsBackWhatItWrote) {
  const Death death = SomeDeath();
  const Result<Death> read = DeathFromJson(DeathToJson(death));
  ASSERT_TRUE(read.has_value()) << read.error().Message();
  EXPECT_EQ(*read, death);
  EXPECT_EQ(DeathToJson(*read, 1), DeathToJson(death, 1));
}

TEST(EvidenceJson, ZeroIsNotTheDefaultEverywhere) {
  Death death;
  Process root;
  root.uid = 0;
  root.login_uid = 0;
  death.processes = {root, Process{}};
  SignalSent sent;
  sent.call = 0;  // read(2)
  sent.sender_uid = 0;
  death.rows.push_back({{1}, sent});
  const Result<Death> read = DeathFromJson(DeathToJson(death));
  ASSERT_TRUE(read.has_value()) << read.error().Message();
  EXPECT_EQ(*read, death);
  EXPECT_EQ(DeathToJson(death).find("4294967295"), std::string::npos);
}

TEST(EvidenceJson, EveryKindOfRowReadsBack) {
  Death death;
  const auto add = [&]<size_t... I>(std::index_sequence<I...>) {
    (death.rows.push_back({{static_cast<int64_t>(I)}, Fact(std::in_place_index<I>)}), ...);
  };
  add(std::make_index_sequence<std::variant_size_v<Fact>>{});
  const Result<Death> read = DeathFromJson(DeathToJson(death));
  ASSERT_TRUE(read.has_value()) << read.error().Message();
  EXPECT_EQ(*read, death);
}

TEST(EvidenceJson, NamesTheFieldThatIsWrong) {
  const auto problem = [](const std::string& text) {
    const Result<Death> read = DeathFromJson(text);
    return read ? std::string("none") : read.error().reason;
  };
  EXPECT_EQ(problem("{"), "it is not JSON");
  EXPECT_EQ(problem("[]"), "its schema is not podtap.death/v1");
  const std::string head = R"({"schema": "podtap.death/v1", )";
  EXPECT_EQ(problem(head + R"("init": {"pid": "x"}})"), "death.init.pid is not a whole number");
  EXPECT_EQ(problem(head + R"("init": {"pid": 9999999999}})"), "death.init.pid is not in range");
  EXPECT_EQ(problem(head + R"("rows": [{"at": 1, "kind": "signal", "info": "sure"}]})"),
            "death.rows[0].info is not a word that is known");
  EXPECT_EQ(problem(head + R"("rows": [{"at": 1, "kind": "dream"}]})"),
            "death.rows[0].kind is not a kind of row that is known");
  EXPECT_EQ(problem(head + R"("rows": [7]})"), "death.rows[0] is not an object");
  EXPECT_EQ(problem(head + R"("from_the_future": 1})"), "none");
}

TEST(EvidenceJson, BrokenUtf8IsReplaced) {
  Death death;
  death.container.name = "a\xff";
  const Result<Death> read = DeathFromJson(DeathToJson(death));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->container.name, "a\xef\xbf\xbd");
}

}  // namespace
}  // namespace podtap::store
