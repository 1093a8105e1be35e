"""The steps a plan can have: each a document that becomes a function."""

from typing import Annotated

from pydantic import Field

from headgate.compiled.steps.bending import Interpolate, Power, Splines, ToNormal
from headgate.compiled.steps.combining import Average, PairScores, Votes, WeightedMedian
from headgate.compiled.steps.cutting import Bins, Products, Recode, Switches
from headgate.compiled.steps.graphs import Graph
from headgate.compiled.steps.linear import (
    Above,
    Complement,
    Expit,
    Largest,
    Shares,
    Softmax,
    WeightedSums,
)
from headgate.compiled.steps.missing import Fill, Finite, Missing
from headgate.compiled.steps.pictures import ImagePixels
from headgate.compiled.steps.scaling import Binarize, Elementwise, Normalize, Rescale
from headgate.compiled.steps.shaping import Densify, Select, SideBySide
from headgate.compiled.steps.similarity import Gaussians, Neighbours, RowSquares, Similarity
from headgate.compiled.steps.sources import Lookup, Numbers, OneHot
from headgate.compiled.steps.trees import Trees
from headgate.compiled.steps.words import CountTerms, WeighTerms

__all__ = [
    "Above",
    "AnyStep",
    "Average",
    "Binarize",
    "Bins",
    "Complement",
    "CountTerms",
    "Densify",
    "Elementwise",
    "Expit",
    "Fill",
    "Finite",
    "Gaussians",
    "Graph",
    "ImagePixels",
    "Interpolate",
    "Largest",
    "Lookup",
    "Missing",
    "Neighbours",
    "Normalize",
    "Numbers",
    "OneHot",
    "PairScores",
    "Power",
    "Products",
    "Recode",
    "Rescale",
    "RowSquares",
    "Select",
    "Shares",
    "SideBySide",
    "Similarity",
    "Softmax",
    "Splines",
    "Switches",
    "ToNormal",
    "Trees",
    "Votes",
    "WeighTerms",
    "WeightedMedian",
    "WeightedSums",
]

AnyStep = Annotated[
    Above
    | Average
    | Binarize
    | Bins
    | Complement
    | CountTerms
    | Densify
    | Elementwise
    | Expit
    | Fill
    | Finite
    | Gaussians
    | Graph
    | ImagePixels
    | Interpolate
    | Largest
    | Lookup
    | Missing
    | Neighbours
    | Normalize
    | Numbers
    | OneHot
    | PairScores
    | Power
    | Products
    | Recode
    | Rescale
    | RowSquares
    | Select
    | Shares
    | SideBySide
    | Similarity
    | Softmax
    | Splines
    | Switches
    | ToNormal
    | Trees
    | Votes
    | WeighTerms
    | WeightedMedian
    | WeightedSums,
    Field(discriminator="kind"),
]
