//! The [`Definition`]s of the `pyradiomics` profile, family by family, in the order of its columns.
//!
//! Symbols. Intensities `x`, their number `n`; `p(k)` the share of voxels with grey level `k`. GLCM: `p(i,j)` one
//! direction's matrix, `px`, `py` its margins, `p₊(k)` and `p₋(k)` the shares of `i+j=k` and `|i-j|=k`, `μ` and `σ` mean
//! and deviation of a margin, `Ng` the largest grey level. Run, zone and dependence matrices: `N(i,j)` the count of grey
//! level `i` with run length, zone size or dependence `j`, `Ns` its sum, `p = N / Ns`. NGTDM: `n(i)`, `s(i)` voxels and summed
//! differences of grey level `i`, `p(i) = n(i) / n`.

use crate::definition::{Definition, Family};

macro_rules! family {
    ($(#[$doc:meta])* $table:ident, $family:ident, $degenerate:literal, $n:literal,
     [$($name:literal $code:literal $unit:literal $formula:literal $(($own:literal))?;)*]) => {
        $(#[$doc])*
        pub const $table: [Definition; $n] = [$(
            Definition::new(Family::$family, [$name, $code, $unit, $formula, pick(&[$degenerate $(, $own)?])])
        ),*];
    };
}

/// The family's degenerate case, or the feature's own where it has one.
const fn pick(cases: &[&'static str]) -> &'static str {
    cases[cases.len() - 1]
}

family!(
    /// Shape of the region in three dimensions.
    SHAPE, Shape, "defined for every region", 17, [
    "Elongation" "Q3CK" "1" "sqrt(λ₂ / λ₁), λ the variances of the voxel centres along the principal axes" ("0 for a row of voxels; NaN for one voxel");
    "Flatness" "N17B" "1" "sqrt(λ₃ / λ₁)" ("0 for voxels in one plane; NaN for one voxel");
    "LeastAxisLength" "7J51" "mm" "4 sqrt(λ₃)" ("0 for a region of one plane");
    "MajorAxisLength" "TDIC" "mm" "4 sqrt(λ₁)" ("0 for one voxel");
    "Maximum2DDiameterColumn" "" "mm" "longest distance of two mesh vertices with the same y" ("0 where no two vertices share a plane");
    "Maximum2DDiameterRow" "" "mm" "longest distance of two mesh vertices with the same x" ("0 where no two vertices share a plane");
    "Maximum2DDiameterSlice" "" "mm" "longest distance of two mesh vertices with the same z" ("0 where no two vertices share a plane");
    "Maximum3DDiameter" "L0JK" "mm" "longest distance of two mesh vertices";
    "MeshVolume" "RNU0" "mm³" "volume V inside the marching cubes mesh at level 0.5";
    "MinorAxisLength" "P9VJ" "mm" "4 sqrt(λ₂)" ("0 for a row of voxels");
    "Sphericity" "QCFX" "1" "(36 π V²)^(1/3) / A";
    "SurfaceArea" "C0JK" "mm²" "area A of the mesh";
    "SurfaceVolumeRatio" "2PR5" "1/mm" "A / V";
    "VoxelVolume" "YEKZ" "mm³" "number of voxels times the volume of one";
    "Compactness1" "SKGS" "1" "V / sqrt(π A³)";
    "Compactness2" "BQWJ" "1" "36 π V² / A³";
    "SphericalDisproportion" "KRCK" "1" "A / (36 π V²)^(1/3)";
]);

family!(
    /// Shape of a region of one slice.
    SHAPE2D, Shape2d, "an error for a region of more than one slice", 10, [
    "Elongation" "" "1" "sqrt(λ₂ / λ₁), λ the variances of the pixel centres along the principal axes" ("0 for a row of pixels; NaN for one pixel");
    "MajorAxisLength" "" "mm" "4 sqrt(λ₁)" ("0 for one pixel");
    "MaximumDiameter" "" "mm" "longest distance of two outline vertices";
    "MeshSurface" "" "mm²" "area A inside the marching squares outline";
    "MinorAxisLength" "" "mm" "4 sqrt(λ₂)" ("0 for a row of pixels");
    "Perimeter" "" "mm" "length P of the outline";
    "PerimeterSurfaceRatio" "" "1/mm" "P / A";
    "PixelSurface" "" "mm²" "number of pixels times the area of one";
    "Sphericity" "" "1" "2 sqrt(π A) / P";
    "SphericalDisproportion" "" "1" "P / (2 sqrt(π A))";
]);

family!(
    /// Statistics of the intensities in the region.
    FIRSTORDER, Firstorder, "defined for every region", 19, [
    "10Percentile" "QG58" "I" "10th percentile, interpolated linearly";
    "90Percentile" "8DWT" "I" "90th percentile, interpolated linearly";
    "Energy" "N8CA" "I²" "Σ (x + voxelArrayShift)²";
    "Entropy" "TLU2" "bit" "-Σ p(k) log₂ p(k)" ("0 for one grey level");
    "InterquartileRange" "SALO" "I" "75th minus 25th percentile" ("0 where all intensities are equal");
    "Kurtosis" "IPH6" "1" "m₄ / m₂², m the central moments; IBSI's excess kurtosis plus 3" ("0 where all intensities are equal");
    "Maximum" "84IY" "I" "max x";
    "MeanAbsoluteDeviation" "4FUA" "I" "Σ |x - mean| / n" ("0 where all intensities are equal");
    "Mean" "Q4LE" "I" "Σ x / n";
    "Median" "Y12H" "I" "50th percentile";
    "Minimum" "1GSF" "I" "min x";
    "Range" "2OJQ" "I" "max x - min x" ("0 where all intensities are equal");
    "RobustMeanAbsoluteDeviation" "1128" "I" "mean absolute deviation of the values from the 10th to the 90th percentile" ("0 where all intensities are equal; NaN where no value lies between them, as for two voxels that differ");
    "RootMeanSquared" "5ZWQ" "I" "sqrt(Energy / n)";
    "Skewness" "KE2A" "1" "m₃ / m₂^1.5" ("0 where all intensities are equal");
    "TotalEnergy" "" "I² mm³" "Energy times the volume of a voxel";
    "Uniformity" "BJ5W" "1" "Σ p(k)²";
    "Variance" "ECT3" "I²" "m₂" ("0 where all intensities are equal");
    "StandardDeviation" "" "I" "sqrt(m₂)" ("0 where all intensities are equal");
]);

family!(
    /// Grey level co-occurrence, averaged over directions.
    GLCM, Glcm, "NaN where no two voxels are neighbours", 24, [
    "Autocorrelation" "QWB0" "1" "Σ i j p(i,j)";
    "ClusterProminence" "AE86" "1" "Σ (i + j - μx - μy)⁴ p(i,j)" ("0 for one grey level; NaN where no two voxels are neighbours");
    "ClusterShade" "7NFM" "1" "Σ (i + j - μx - μy)³ p(i,j)" ("0 for one grey level; NaN where no two voxels are neighbours");
    "ClusterTendency" "DG8W" "1" "Σ (i + j - μx - μy)² p(i,j)" ("0 for one grey level; NaN where no two voxels are neighbours");
    "Contrast" "ACUI" "1" "Σ (i - j)² p(i,j)" ("0 for one grey level; NaN where no two voxels are neighbours");
    "Correlation" "NI2N" "1" "Σ (i - μx)(j - μy) p(i,j) / (σx σy)" ("1 for one grey level; NaN where no two voxels are neighbours");
    "DifferenceAverage" "TF7R" "1" "μ₋ = Σ k p₋(k)" ("0 for one grey level; NaN where no two voxels are neighbours");
    "DifferenceEntropy" "NTRS" "bit" "-Σ p₋(k) log₂ p₋(k)" ("0 but for rounding for one grey level; NaN where no two voxels are neighbours");
    "DifferenceVariance" "D3YU" "1" "Σ (k - μ₋)² p₋(k)" ("0 for one grey level; NaN where no two voxels are neighbours");
    "Id" "IB1Z" "1" "Σ p₋(k) / (1 + k)";
    "Idm" "WF0Z" "1" "Σ p₋(k) / (1 + k²)";
    "Idmn" "1QCO" "1" "Σ p₋(k) / (1 + k² / Ng²)";
    "Idn" "NDRX" "1" "Σ p₋(k) / (1 + k / Ng)";
    "Imc1" "R8DG" "1" "(HXY - HXY1) / max(HX, HY)" ("0 for one grey level; NaN where no two voxels are neighbours");
    "Imc2" "JN9H" "1" "sqrt(1 - exp(-2 (HXY2 - HXY)))" ("0 where HXY2 = HXY; NaN where no two voxels are neighbours");
    "InverseVariance" "E8JP" "1" "Σ_{k>0} p₋(k) / k²" ("0 for one grey level; NaN where no two voxels are neighbours");
    "JointAverage" "60VM" "1" "μx = Σ i p(i,j)";
    "JointEnergy" "8ZQL" "1" "Σ p(i,j)²";
    "JointEntropy" "TU9B" "bit" "HXY = -Σ p(i,j) log₂ p(i,j)" ("0 but for rounding for one grey level; NaN where no two voxels are neighbours");
    "MCC" "" "1" "root of the second largest eigenvalue of Q(i,j) = Σ_k p(i,k) p(j,k) / (px(i) py(k))" ("1 for one grey level, with neighbours or without; NaN where no two voxels are neighbours otherwise");
    "MaximumProbability" "GYBY" "1" "max p(i,j)";
    "SumAverage" "ZGXS" "1" "Σ k p₊(k)";
    "SumEntropy" "P6QZ" "bit" "-Σ p₊(k) log₂ p₊(k)" ("0 but for rounding for one grey level; NaN where no two voxels are neighbours");
    "SumSquares" "UR99" "1" "Σ (i - μx)² p(i,j)" ("0 for one grey level; NaN where no two voxels are neighbours");
]);

family!(
    /// Grey level run length, averaged over directions.
    GLRLM, Glrlm, "NaN where no line holds two voxels", 16, [
    "GrayLevelNonUniformity" "R5YN" "1" "Σ_i (Σ_j N(i,j))² / Ns";
    "GrayLevelNonUniformityNormalized" "OVBL" "1" "Σ_i (Σ_j N(i,j))² / Ns²";
    "GrayLevelVariance" "8CE5" "1" "Σ (i - μ)² p(i,j)" ("0 for one grey level; NaN where no line holds two voxels");
    "HighGrayLevelRunEmphasis" "G3QZ" "1" "Σ i² p(i,j)";
    "LongRunEmphasis" "W4KF" "1" "Σ j² p(i,j)";
    "LongRunHighGrayLevelEmphasis" "3KUM" "1" "Σ i² j² p(i,j)";
    "LongRunLowGrayLevelEmphasis" "IVPO" "1" "Σ j² / i² p(i,j)";
    "LowGrayLevelRunEmphasis" "V3SW" "1" "Σ p(i,j) / i²";
    "RunEntropy" "HJ9O" "bit" "-Σ p(i,j) log₂ p(i,j)";
    "RunLengthNonUniformity" "W92Y" "1" "Σ_j (Σ_i N(i,j))² / Ns";
    "RunLengthNonUniformityNormalized" "IC23" "1" "Σ_j (Σ_i N(i,j))² / Ns²";
    "RunPercentage" "9ZK5" "1" "Ns / Σ j N(i,j)";
    "RunVariance" "SXLW" "1" "Σ (j - μ)² p(i,j)" ("0 where all runs are of one length; NaN where no line holds two voxels");
    "ShortRunEmphasis" "22OV" "1" "Σ p(i,j) / j²";
    "ShortRunHighGrayLevelEmphasis" "GD3A" "1" "Σ i² / j² p(i,j)";
    "ShortRunLowGrayLevelEmphasis" "HTZT" "1" "Σ p(i,j) / (i² j²)";
]);

family!(
    /// Grey level size zone.
    GLSZM, Glszm, "defined for every region", 16, [
    "GrayLevelNonUniformity" "JNSA" "1" "Σ_i (Σ_j N(i,j))² / Ns";
    "GrayLevelNonUniformityNormalized" "Y1RO" "1" "Σ_i (Σ_j N(i,j))² / Ns²";
    "GrayLevelVariance" "BYLV" "1" "Σ (i - μ)² p(i,j)" ("0 for one grey level");
    "HighGrayLevelZoneEmphasis" "5GN9" "1" "Σ i² p(i,j)";
    "LargeAreaEmphasis" "48P8" "1" "Σ j² p(i,j)";
    "LargeAreaHighGrayLevelEmphasis" "J17V" "1" "Σ i² j² p(i,j)";
    "LargeAreaLowGrayLevelEmphasis" "YH51" "1" "Σ j² / i² p(i,j)";
    "LowGrayLevelZoneEmphasis" "XMSY" "1" "Σ p(i,j) / i²";
    "SizeZoneNonUniformity" "4JP3" "1" "Σ_j (Σ_i N(i,j))² / Ns";
    "SizeZoneNonUniformityNormalized" "VB3A" "1" "Σ_j (Σ_i N(i,j))² / Ns²";
    "SmallAreaEmphasis" "5QRC" "1" "Σ p(i,j) / j²";
    "SmallAreaHighGrayLevelEmphasis" "HW1V" "1" "Σ i² / j² p(i,j)";
    "SmallAreaLowGrayLevelEmphasis" "5RAI" "1" "Σ p(i,j) / (i² j²)";
    "ZoneEntropy" "GU8N" "bit" "-Σ p(i,j) log₂ p(i,j)";
    "ZonePercentage" "P30P" "1" "Ns / n";
    "ZoneVariance" "3NSA" "1" "Σ (j - μ)² p(i,j)" ("0 where all zones are of one size");
]);

family!(
    /// Grey level dependence.
    GLDM, Gldm, "defined for every region", 14, [
    "DependenceEntropy" "FCBV" "bit" "-Σ p(i,j) log₂ p(i,j)";
    "DependenceNonUniformity" "Z87G" "1" "Σ_j (Σ_i N(i,j))² / Ns";
    "DependenceNonUniformityNormalized" "OKJI" "1" "Σ_j (Σ_i N(i,j))² / Ns²";
    "DependenceVariance" "DNX2" "1" "Σ (j - μ)² p(i,j)" ("0 where all dependences are equal");
    "GrayLevelNonUniformity" "FP8K" "1" "Σ_i (Σ_j N(i,j))² / Ns";
    "GrayLevelVariance" "1PFV" "1" "Σ (i - μ)² p(i,j)" ("0 for one grey level");
    "HighGrayLevelEmphasis" "OAE7" "1" "Σ i² p(i,j)";
    "LargeDependenceEmphasis" "IMOQ" "1" "Σ j² p(i,j)";
    "LargeDependenceHighGrayLevelEmphasis" "9QMG" "1" "Σ i² j² p(i,j)";
    "LargeDependenceLowGrayLevelEmphasis" "NBZI" "1" "Σ j² / i² p(i,j)";
    "LowGrayLevelEmphasis" "TL9H" "1" "Σ p(i,j) / i²";
    "SmallDependenceEmphasis" "SODN" "1" "Σ p(i,j) / j²";
    "SmallDependenceHighGrayLevelEmphasis" "JA6D" "1" "Σ i² / j² p(i,j)";
    "SmallDependenceLowGrayLevelEmphasis" "EQ3F" "1" "Σ p(i,j) / (i² j²)";
]);

family!(
    /// Neighbourhood grey tone difference.
    NGTDM, Ngtdm, "defined for every region", 5, [
    "Busyness" "NQ30" "1" "Σ p(i) s(i) / Σ_ij |i p(i) - j p(j)|" ("0 for one grey level");
    "Coarseness" "QCDE" "1" "1 / Σ p(i) s(i)" ("1 000 000 where no voxel differs from its neighbours");
    "Complexity" "HDEZ" "1" "Σ_ij |i - j| (p(i) s(i) + p(j) s(j)) / (p(i) + p(j)) / n" ("0 for one grey level");
    "Contrast" "65HE" "1" "Σ_ij p(i) p(j) (i - j)² / (Ngp (Ngp - 1)) · Σ s(i) / n, Ngp the grey levels that occur" ("0 for one grey level");
    "Strength" "1X9X" "1" "Σ_ij (p(i) + p(j)) (i - j)² / Σ s(i)" ("0 where no voxel differs from its neighbours");
]);

/// Features that are computed only when a parameter file names them.
pub const ON_REQUEST: [(Family, &str); 5] = [
    (Family::Shape, "Compactness1"),
    (Family::Shape, "Compactness2"),
    (Family::Shape, "SphericalDisproportion"),
    (Family::Shape2d, "SphericalDisproportion"),
    (Family::Firstorder, "StandardDeviation"),
];

/// Features that pyradiomics still accepts by name and no longer computes, because another has the same value.
pub const WITHDRAWN: [(Family, &str); 6] = [
    (Family::Glcm, "Dissimilarity"),
    (Family::Glcm, "Homogeneity1"),
    (Family::Glcm, "Homogeneity2"),
    (Family::Glcm, "SumVariance"),
    (Family::Gldm, "GrayLevelNonUniformityNormalized"),
    (Family::Gldm, "DependencePercentage"),
];

/// The families of this profile, in the order of pyradiomics' columns.
pub const FAMILIES: [Family; 8] = [
    Family::Shape,
    Family::Shape2d,
    Family::Firstorder,
    Family::Glcm,
    Family::Glrlm,
    Family::Glszm,
    Family::Gldm,
    Family::Ngtdm,
];

/// The table of a family; empty for families that only IBSI has.
pub fn definitions(family: Family) -> &'static [Definition] {
    match family {
        Family::Shape => &SHAPE,
        Family::Shape2d => &SHAPE2D,
        Family::Firstorder => &FIRSTORDER,
        Family::Glcm => &GLCM,
        Family::Glrlm => &GLRLM,
        Family::Glszm => &GLSZM,
        Family::Gldm => &GLDM,
        Family::Ngtdm => &NGTDM,
        _ => &[],
    }
}

/// Whether a feature is computed without being named.
pub fn is_default(definition: &Definition) -> bool {
    !ON_REQUEST.contains(&(definition.family, definition.feature))
}

/// Values in the order of a family's table, from pairs in any order.
///
/// # Panics
/// Where a feature of the table has no value: our own mistake, which every extraction would show.
pub(crate) fn in_order(family: Family, values: &[(&str, f64)]) -> Vec<f64> {
    let value_of = |d: &Definition| values.iter().find(|(name, _)| *name == d.feature).map(|(_, value)| *value);
    definitions(family).iter().map(|d| value_of(d).expect("every feature of the table is computed")).collect()
}
