import pytest
from small_language_models import random_texts


@pytest.fixture(scope="session")
def texts():
    return random_texts(48, 24)


@pytest.fixture(scope="session")
def genome_texts():
    """Three chromosomes, the second with repeats in lower case, the third a short one."""
    first, second, third = (random_texts(1, n, n)[0] for n in (500, 300, 15))
    return {"chr1": first, "chr2": second[:100] + second[100:200].lower() + second[200:]} | {
        "chr3": third
    }


@pytest.fixture(scope="session")
def fasta(tmp_path_factory, genome_texts):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in genome_texts.items()))
    return path
