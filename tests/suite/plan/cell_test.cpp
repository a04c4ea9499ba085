#include "suite/plan/cell.hpp"

#include <gmock/gmock.h>

namespace suite::plan {
namespace {

using testing::ElementsAre;

const std::vector<AxisSpec> with_own_words{
    {.name = "task", .role = AxisRole::target, .values = {"st1", "st2"}},
    {.name = "pretraining", .role = AxisRole::source, .values = {"none", "birds"}},
    {.name = "shots", .role = AxisRole::shots, .values = {"5", "full"}}};

std::vector<std::string> texts_of(const std::vector<CellId>& cells) {
    std::vector<std::string> texts;
    for (const CellId& cell : cells) {
        texts.push_back(cell.text());
    }
    return texts;
}

TEST(CellId, IsItsValuesWithoutFullShots) {
    EXPECT_EQ(transfer_cell("cifar10", "R50x1", "S-MED").text(), "cifar10/R50x1/S-MED");
    EXPECT_EQ(transfer_cell("cifar10", "R50x1", "S-MED", "10").text(), "cifar10/R50x1/S-MED/10");
    EXPECT_EQ(transfer_cell("cifar10", "R50x1", "S-MED", "10").text_from(2), "S-MED/10");
    EXPECT_EQ(CellId{}.text_from(1), "");
}

TEST(CellId, KnowsAxesByNameAndByRole) {
    const CellId cell = cell_of(with_own_words, "st2/birds/5");

    EXPECT_EQ(cell.axis("pretraining"), "birds");
    EXPECT_EQ(cell.source(), "birds");
    EXPECT_EQ(cell.target(), "st2");
    EXPECT_EQ(cell.axis("source"), "") << "not this study's word";
    EXPECT_EQ(cell.model(), "") << "no such axis";
    EXPECT_EQ(cell.shots(), 5U);
    EXPECT_EQ(cell.shots_text(), "5");
}

TEST(CellId, WithoutShotsIsFullShot) {
    const CellId declared = transfer_cell("pets", "R50x1", "1K-NAT");
    const CellId without = cell_of(std::span(with_own_words).first(2), "st1/none");

    for (const CellId& cell : {declared, without}) {
        EXPECT_TRUE(cell.is_full_shot());
        EXPECT_EQ(cell.shots(), 0U);
        EXPECT_EQ(cell.shots_text(), "full");
    }
}

TEST(CellId, ChangesOnlyAnAxisThatItHas) {
    CellId cell = transfer_cell("pets", "R50x1", "1K-NAT");

    cell.set_axis("model", "R152x4");
    cell.set_axis("ranks", "4");
    cell.set(AxisRole::source, "21K-NAT");

    EXPECT_EQ(cell.text(), "pets/R152x4/21K-NAT");
}

TEST(Cells, AreAllCombinationsWithTheLastAxisFastest) {
    EXPECT_THAT(texts_of(all_cells(with_own_words)),
                ElementsAre("st1/none/5", "st1/none", "st1/birds/5", "st1/birds", "st2/none/5", "st2/none",
                            "st2/birds/5", "st2/birds"));
}

TEST(Cells, AreReadBackFromTheirText) {
    for (const CellId& cell : all_cells(with_own_words)) {
        EXPECT_EQ(cell_of(with_own_words, cell.text()), cell) << cell.text();
    }
}

} // namespace
} // namespace suite::plan
