#include "lang/quote.h"
#include "lang/tree_writer.h"

namespace podtap::lang {
namespace {

std::string HeadOf(const Foreach& loop) {
  std::string head = "foreach";
  if (!loop.array.empty()) head += " in " + loop.array;
  if (loop.reference.kind == Reference::Kind::kGlobal) {
    head += " global#" + std::to_string(loop.reference.index);
  }
  if (loop.sort_direction == 0) return head;
  constexpr std::string_view kStats[] = {"@count", "@sum", "@min", "@max", "@avg", "@variance"};
  head += loop.sort_direction > 0 ? " ascending by " : " descending by ";
  if (loop.sort_column > 0) return head + "key " + std::to_string(loop.sort_column);
  if (loop.sort_stat) return head + std::string(kStats[static_cast<size_t>(*loop.sort_stat)]);
  return head + "value";
}

std::string Head(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::kBlock:
      return "block";
    case StmtKind::kExpr:
      return "expression";
    case StmtKind::kIf:
      return "if";
    case StmtKind::kFor:
      return "for";
    case StmtKind::kForeach:
      return HeadOf(As<Foreach>(stmt));
    case StmtKind::kReturn:
      return "return";
    case StmtKind::kDelete:
      return "delete";
    case StmtKind::kNext:
      return "next";
    case StmtKind::kBreak:
      return "break";
    case StmtKind::kContinue:
      return "continue";
    case StmtKind::kTry:
      return "try";
    case StmtKind::kNull:
      return "null";
    case StmtKind::kEmbedded:
      return "embedded " + Quote(As<EmbeddedStmt>(stmt).code);
    case StmtKind::kEvent:
      return "event " + As<EventStmt>(stmt).name;
  }
  return "?";
}

}  // namespace

void TreeWriter::Write(const Stmt& stmt) {
  Line(Head(stmt));
  const Level level(*this);
  Children(stmt);
}

void TreeWriter::Write(const StmtPtr& stmt) {
  if (stmt) Write(*stmt);
}

void TreeWriter::ForeachChildren(const Foreach& loop) {
  if (loop.value) {
    Line("value");
    const Level level(*this);
    Write(*loop.value);
  }
  for (const auto& key : loop.keys) Write(*key);
  if (loop.histogram) Write(*loop.histogram);
  if (!loop.slice.empty()) {
    Line("slice");
    const Level level(*this);
    WriteAll(loop.slice);
  }
  Write(loop.limit, "limit");
  Write(loop.body);
}

void TreeWriter::Children(const Stmt& stmt) {
  switch (stmt.kind) {
    case StmtKind::kBlock:
      for (const StmtPtr& child : As<Block>(stmt).statements) Write(child);
      return;
    case StmtKind::kExpr:
      return Write(As<ExprStmt>(stmt).value);
    case StmtKind::kIf: {
      const auto& branch = As<If>(stmt);
      Write(branch.condition);
      Write(branch.then_branch);
      if (branch.else_branch) Line("else");
      return Write(branch.else_branch);
    }
    case StmtKind::kFor: {
      const auto& loop = As<For>(stmt);
      Write(loop.init, "init");
      Write(loop.condition, "condition");
      Write(loop.step, "step");
      return Write(loop.body);
    }
    case StmtKind::kForeach:
      return ForeachChildren(As<Foreach>(stmt));
    case StmtKind::kReturn:
      return Write(As<Return>(stmt).value);
    case StmtKind::kDelete:
      return Write(As<Delete>(stmt).target);
    case StmtKind::kTry: {
      const auto& guarded = As<Try>(stmt);
      Write(guarded.body);
      Line("catch");
      if (guarded.message) Write(*guarded.message);
      return Write(guarded.handler);
    }
    case StmtKind::kEvent:
      for (const EventStmt::Field& field : As<EventStmt>(stmt).fields) {
        Write(field.value, field.name);
      }
      return;
    case StmtKind::kNext:
    case StmtKind::kBreak:
    case StmtKind::kContinue:
    case StmtKind::kNull:
    case StmtKind::kEmbedded:
      return;
  }
}

}  // namespace podtap::lang
