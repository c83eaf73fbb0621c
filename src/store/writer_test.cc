#include "store/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace podtap::store {
namespace {

class WriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/podtap-writer-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Writer> Make() {
    auto recording = Recording::Open(folder_);
    EXPECT_TRUE(recording) << recording.error().Message();
    return std::make_unique<Writer>(
        std::move(*recording), Writer::Options{.folder = folder_, .version = "0.1"},
        Archive::Session{.pid = 7, .boot_id = "b", .started_unix_ns = 1},
        Writer::Hooks{.now = [] { return Writer::Moment{.unix_ns = 5, .boot_ns = 4}; },
                      .note = [this](const std::string& note) { notes_.push_back(note); }});
  }
  static Writer::Job AddBlind(const std::string& why) {
    return [why](Recording& recording) {
      return recording.AddBlind({.from_unix_ns = 1, .to_unix_ns = 2, .why = why, .count = 0});
    };
  }

  std::string folder_;
  std::vector<std::string> notes_;
};

TEST_F(WriterTest, AllIsWrittenBeforeTheEnd) {
  {
    const auto writer = Make();
    for (int i = 0; i < 2000; i++) writer->Post(AddBlind("lost"));
  }
  auto archive = Archive::Open(folder_);
  ASSERT_TRUE(archive);
  EXPECT_EQ(archive->Count()->blind, 2000);
  EXPECT_EQ(archive->LastSession().value()->ended_unix_ns, 5);
  EXPECT_TRUE(notes_.empty());
}

TEST_F(WriterTest, AJobThatFailsTakesNoOtherWithIt) {
  {
    const auto writer = Make();
    writer->Post(AddBlind("lost"));
    writer->Post([](Recording&) -> Result<void> {
      return std::unexpected(Error{.tried = "do", .on = "it", .reason = "no"});
    });
    writer->Post(AddBlind("lost"));
    for (int i = 0; i < 300 && writer->numbers().written < 3; i++) ::usleep(10'000);
  }
  EXPECT_EQ(Archive::Open(folder_)->Count()->blind, 2);
}

}  // namespace
}  // namespace podtap::store
