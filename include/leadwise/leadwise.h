/**
 * @file leadwise.h
 * All of the public interface. Research software: not a medical device.
 *
 * A reader who wants a diagnosis from a file needs three headers, in this order: model.h (load a model), record.h
 * (read a recording), prepare.h (make it a network's input). dataset.h, train.h, evaluate.h, study.h and report.h are
 * for those who train and judge.
 *
 * Rules that hold throughout: fallible calls return lw_status and, when their last argument is not NULL, fill it with a
 * sentence; results come by out-pointer and are untouched on failure; _read, _load, _create, _parse and _open give a
 * handle to the caller, _free(T **) takes it back; const pointers are borrowed. No globals, no printing, no exit.
 */
#ifndef LEADWISE_LEADWISE_H
#define LEADWISE_LEADWISE_H

#include "leadwise/cluster.h"
#include "leadwise/dataset.h"
#include "leadwise/evaluate.h"
#include "leadwise/labels.h"
#include "leadwise/model.h"
#include "leadwise/network.h"
#include "leadwise/output.h"
#include "leadwise/prepare.h"
#include "leadwise/record.h"
#include "leadwise/report.h"
#include "leadwise/status.h"
#include "leadwise/synth.h"
#include "leadwise/train.h"

#endif
