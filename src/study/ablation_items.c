/* What may raise the score, each by itself. */
#include "leadwise/ablation.h"

static const lw_ablation_item items[] = {
    {"cosine", "schedule=cosine warmup=2", "schedule=plateau warmup=0"},
    {"keep-metric", "keep=best-metric", "keep=best-loss"},
    {"weight-decay", "weight-decay=0.05", "weight-decay=0"},
    {"mixup", "mixup=0.2", "mixup=0"},
    {"label-smoothing", "label-smoothing=0.05", "label-smoothing=0"},
    {"augment", "augment=shift,scale,wander,noise", "augment=none"},
    {"lead-dropout", "lead-dropout=0.5", "lead-dropout=0"},
    {"balance", "balance=0.5", "balance=0"},
    {"label-mask", "label-mask=true", "label-mask=false"},
    {"metric-loss", "metric-loss=1", "metric-loss=0"},
    {"average", "average=0.99", "average=0"},
    {"prior-bias", "prior-bias=true", "prior-bias=false"},
};

const lw_ablation_item *lw_ablation_item_at(size_t i) { return i < sizeof items / sizeof items[0] ? &items[i] : NULL; }

lw_ablation_options lw_ablation_options_default(void) {
    return (lw_ablation_options){.train = lw_train_options_default(),
                                 .items = items,
                                 .item_count = sizeof items / sizeof items[0],
                                 .seeds = 3,
                                 .replicates = 1000,
                                 .jobs = 1,
                                 .ranks = 1};
}
