from app.importer.models.imported_post import Done, ImportedPost
from app.importer.models.origin import ImportedComment, Origin, OriginManager
from app.importer.models.run import Import, ImportQuerySet, ImportState

__all__ = ["Done", "Import", "ImportQuerySet", "ImportState", "ImportedComment", "ImportedPost", "Origin", "OriginManager"]
