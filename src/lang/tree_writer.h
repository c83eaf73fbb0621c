// TreeWriter: a tree → text, one node a line, children two spaces further in.
//
// What enters: expressions, statements and declarations, checked or not. What
// leaves: the text of --dump=tree and --dump=checked. Types and references are
// shown where the checker has filled them in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lang/tree.h"

namespace podtap::lang {

std::string_view TypeName(Type type);

class TreeWriter {
 public:
  void Write(const Expr& expr);
  void Write(const Stmt& stmt);
  void Write(const Global& global);
  void Write(const Function& function);
  void Write(const AliasDef& alias);
  void Write(const ProbeDef& probe);
  void Write(const Probe& probe);
  std::string Take() { return std::move(out_); }

  // Everything a Level writes stands one step further in while it lives.
  class Level {
   public:
    explicit Level(TreeWriter& writer) : writer_(writer) { ++writer_.depth_; }
    ~Level() { --writer_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    TreeWriter& writer_;
  };
  void Line(std::string_view text);

 private:
  void Write(const ExprPtr& expr, std::string_view label = {});
  void Write(const StmtPtr& stmt);
  void WriteAll(const std::vector<ExprPtr>& exprs);  // null elements as `*`
  void WritePath(const std::vector<Access>& path);
  void Children(const Expr& expr);
  void Children(const Stmt& stmt);
  void ForeachChildren(const Foreach& loop);
  void Locals(const std::vector<Local>& locals);
  void Points(const std::vector<ProbePoint>& points);

  std::string out_;
  int depth_ = 0;
};

}  // namespace podtap::lang
