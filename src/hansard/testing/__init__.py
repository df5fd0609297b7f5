"""What the project tests itself with, for those who build on it.

`storage.StorageContract` is what every back end must keep: give it a fixture named ``storage`` that yields an
open `Storage`, and run it with pytest and anyio. ::

    class TestMyStorage(StorageContract):
        @pytest.fixture
        async def storage(self):
            ...
"""
