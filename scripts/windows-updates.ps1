# One round of Windows updates: search, download, install. The work is done by this same script as a scheduled task of
# SYSTEM (-Worker): Windows Update's COM API refuses network logons such as SSH's, and a task outlives a cut connection.
# Run again while the task is at work, it waits for that one and starts no second.
[CmdletBinding()]
param([switch]$Worker)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-task.ps1')

$TaskName = 'ingot-windows-updates'
$Folder = Join-Path -Path $IngotFolder -ChildPath 'windows-updates'
$ParameterFile = Join-Path -Path $Folder -ChildPath 'parameters.json'
$StatusFile = Join-Path -Path $Folder -ChildPath 'status.json'
$ResultFile = Join-Path -Path $Folder -ChildPath 'result.json'
$PolicyKey = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU'

# The classification ids of Microsoft's catalogue: names of categories are localised.
$Categories = @{
    CriticalUpdates   = 'e6cf1350-c01b-414d-a61f-263d14d133b4'
    DefinitionUpdates = 'e0789628-ce08-4437-be74-2495b842f43b'
    FeaturePacks      = 'b54e7d24-7add-428f-8b75-90a396fa584f'
    SecurityUpdates   = '0fa1201d-4330-4fa8-8ae9-b877473b6441'
    ServicePacks      = '68c5b0a3-d1a6-4553-ae49-01d3a7827828'
    Tools             = 'b4832bd8-e735-4761-8daf-37f882276dab'
    UpdateRollups     = '28bc880e-0592-4cbf-8f95-c79b17911d5f'
    Updates           = 'cd5ffd1e-e932-4e3a-bf74-18bf0b1bbd83'
}

function Set-WorkerStatus {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][string]$Message,
        [int]$Done = 0,
        [int]$Total = 0
    )
    # The reader may hold the old file open just now: what cannot be told is no reason to give the round up.
    try { Set-IngotFile -Path $StatusFile -Text (ConvertTo-IngotJson -InputObject @{ message = $Message; done = $Done; total = $Total }) }
    catch { Write-Verbose -Message 'told with the next change' }
}

# "KB5012345": the API's own list leaves the letters out. An update without an article is told by its id.
function Get-UpdateKb {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Update)
    if ($Update.KBArticleIDs.Count -gt 0) { return 'KB' + $Update.KBArticleIDs.Item(0) }
    return [string]$Update.Identity.UpdateID
}

# Which of the found updates shall be installed. Chosen here and not in the search's criteria: clauses about categories
# end in 0x80244022 with some servers.
function Select-Update {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][object]$Found,
        [Parameter(Mandatory = $true)][object]$Parameter
    )
    $wanted = @(Get-IngotProperty -InputObject $Parameter -Name 'categories' -Default @() | ForEach-Object -Process {
            if (-not $Categories.ContainsKey([string]$_)) { Stop-Ingot -Code 'updates.category' -Message "Expected a known category of updates, found $_." }
            $Categories[[string]$_]
        })
    # KB5007651 needs a logged-on user and is offered for ever.
    $excluded = @('KB5007651') + @(Get-IngotProperty -InputObject $Parameter -Name 'exclude' -Default @() | ForEach-Object -Process { ([string]$_).ToUpperInvariant() })
    for ($index = 0; $index -lt $Found.Count; $index++) {
        $update = $Found.Item($index)
        $title = [string]$update.Title
        # Metadata that could not be read: a blank title and a date of 1970. A restart mends it.
        if ($title -eq '') { Stop-Ingot -Code 'updates.metadata' -Message 'Expected every update to have a title, found one without: the update metadata is broken. Restart Windows and run again.' }
        $categoryIds = @()
        for ($position = 0; $position -lt $update.Categories.Count; $position++) { $categoryIds += [string]$update.Categories.Item($position).CategoryID }
        $inCategory = ($wanted.Count -eq 0) -or (@($categoryIds | Where-Object -FilterScript { $wanted -contains $_ }).Count -gt 0)
        $kb = Get-UpdateKb -Update $update
        # Previews are optional; VMware's would fight the Tools from the Tools ISO.
        $unwanted = ($title -like '*Preview*') -or ($title -like '*VMware*') -or ($excluded -contains $kb)
        # A bundle may have no behavior of its own.
        $behavior = $update.InstallationBehavior
        $asks = ($null -ne $behavior) -and $behavior.CanRequestUserInput
        if ($inCategory -and -not $unwanted -and -not $asks) { $update }
    }
}

function Wait-ServicingIdle {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][int]$Minutes)
    $deadline = [DateTime]::UtcNow.AddMinutes($Minutes)
    while ((Get-ServicingState) -eq 2) {
        if ([DateTime]::UtcNow -gt $deadline) { Stop-Ingot -Code 'updates.servicing' -Message "Expected Component Based Servicing to become idle within $Minutes minutes, found it still working." }
        Start-Sleep -Seconds 5
    }
}

# Downloads each update; returns a collection of those that are there, and notes the others as failed.
function Save-Update {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][object]$Session,
        [Parameter(Mandatory = $true)][object[]]$Update,
        # The records of updates that could not be fetched are added to it.
        [Parameter(Mandatory = $true)][AllowEmptyCollection()][System.Collections.ArrayList]$Failed
    )
    $ready = New-Object -ComObject 'Microsoft.Update.UpdateColl'
    $done = 0
    foreach ($one in $Update) {
        Set-WorkerStatus -Message ('Downloading {0}' -f $one.Title) -Done $done -Total $Update.Count
        $done += 1
        if (-not $one.EulaAccepted) { [void]$one.AcceptEula() }
        if (-not $one.IsDownloaded) {
            $single = New-Object -ComObject 'Microsoft.Update.UpdateColl'
            [void]$single.Add($one)
            $downloader = $Session.CreateUpdateDownloader()
            $downloader.Updates = $single
            $outcome = $downloader.Download().GetUpdateResult(0)
            # 2 succeeded, 3 succeeded with errors.
            if (@(2, 3) -notcontains [int]$outcome.ResultCode) {
                [void]$Failed.Add((ConvertTo-UpdateRecord -Update $one -Outcome $outcome))
                continue
            }
        }
        [void]$ready.Add($one)
    }
    return , $ready
}

function ConvertTo-UpdateRecord {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][object]$Update,
        [Parameter(Mandatory = $true)][object]$Outcome
    )
    return @{
        kb         = Get-UpdateKb -Update $Update
        title      = [string]$Update.Title
        resultCode = [int]$Outcome.ResultCode
        hresult    = '0x{0:X8}' -f [int]$Outcome.HResult
    }
}

# Installs what is there and reads the result of each update: the result of the whole says "failed" only if all did.
function Install-Update {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)][object]$Session,
        [Parameter(Mandatory = $true)][object]$Collection
    )
    $count = $Collection.Count
    # An empty collection is answered with 0x80240024.
    if ($count -eq 0) { return @{ records = @(); rebootRequired = $false } }
    $installer = $Session.CreateUpdateInstaller()
    if ($installer.IsBusy) { Stop-Ingot -Code 'updates.busy' -Message 'Expected no other installation, found Windows Update busy.' }
    Set-WorkerStatus -Message "Installing $count updates" -Done 0 -Total $count
    $installer.Updates = $Collection
    $outcome = $installer.Install()
    $records = @()
    for ($index = 0; $index -lt $count; $index++) {
        $records += ConvertTo-UpdateRecord -Update $Collection.Item($index) -Outcome $outcome.GetUpdateResult($index)
    }
    return @{ records = $records; rebootRequired = [bool]$outcome.RebootRequired }
}

function Invoke-UpdateRound {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][object]$Parameter)
    # Just after a restart, servicing may still be at work on the round before.
    Set-WorkerStatus -Message 'Waiting for servicing to be idle'
    Wait-ServicingIdle -Minutes 30
    $wuauserv = Get-Service -Name 'wuauserv'
    # Disabled, the search answers 0x80070422.
    if ($wuauserv.StartType.ToString() -eq 'Disabled') { Set-Service -Name 'wuauserv' -StartupType Manual }

    Set-WorkerStatus -Message 'Searching for updates'
    $session = New-Object -ComObject 'Microsoft.Update.Session'
    $session.ClientApplicationID = 'ingot'
    # Software only: drivers from Windows Update would fight those of VMware Tools.
    $search = $session.CreateUpdateSearcher().Search("IsInstalled=0 and IsHidden=0 and Type='Software'")
    # 3, succeeded with errors, is a usable answer too.
    if (@(2, 3) -notcontains [int]$search.ResultCode) { Stop-Ingot -Code 'updates.search' -Message ('Expected the search for updates to succeed, found result code {0}.' -f $search.ResultCode) }
    $selected = @(Select-Update -Found $search.Updates -Parameter $Parameter)
    # Nothing installs while a restart is due (0x80240016). What waits for it is counted: 0 would say that all is done.
    if ((New-Object -ComObject 'Microsoft.Update.SystemInfo').RebootRequired) { return @{ found = $selected.Count; installed = @(); rebootRequired = $true } }
    $maximum = [int](Get-IngotProperty -InputObject $Parameter -Name 'maximum' -Default 50)
    $chosen = @($selected | Select-Object -First $maximum)
    $records = New-Object -TypeName System.Collections.ArrayList
    $restart = $false
    if ($chosen.Count -gt 0) {
        $ready = Save-Update -Session $session -Update $chosen -Failed $records
        $outcome = Install-Update -Session $session -Collection $ready
        foreach ($record in $outcome.records) { [void]$records.Add($record) }
        $restart = $outcome.rebootRequired
        Set-WorkerStatus -Message 'Waiting for servicing to end' -Done $chosen.Count -Total $chosen.Count
        # Not for TiWorker.exe to exit: it stays for hours, on 2025 for ever.
        Wait-ServicingIdle -Minutes 30
    }
    $restart = $restart -or (New-Object -ComObject 'Microsoft.Update.SystemInfo').RebootRequired -or (@(Get-PendingReboot).Count -gt 0)
    return @{ found = $selected.Count; installed = @($records.ToArray()); rebootRequired = [bool]$restart }
}

if ($Worker) {
    # Windows must not install by itself what the round is about to; put back afterwards.
    $policy = Get-RegistryValue -Path $PolicyKey -Name 'NoAutoUpdate'
    $outcome = @{}
    try {
        if (-not (Test-Path -LiteralPath $PolicyKey)) { [void](New-Item -Path $PolicyKey -Force) }
        [void](New-ItemProperty -LiteralPath $PolicyKey -Name 'NoAutoUpdate' -PropertyType DWord -Value 1 -Force)
        $parameter = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($ParameterFile))
        $outcome.result = Invoke-UpdateRound -Parameter $parameter
    }
    catch { $outcome.failure = ConvertFrom-IngotError -ErrorRecord $_ }
    finally {
        if ($null -eq $policy) { Remove-ItemProperty -LiteralPath $PolicyKey -Name 'NoAutoUpdate' -ErrorAction SilentlyContinue }
        else { [void](New-ItemProperty -LiteralPath $PolicyKey -Name 'NoAutoUpdate' -PropertyType DWord -Value $policy -Force) }
    }
    # Last: as soon as the result lies here, Windows may be restarted.
    Set-IngotFile -Path $ResultFile -Text (ConvertTo-IngotJson -InputObject $outcome)
    exit ([int]$outcome.ContainsKey('failure'))
}

Invoke-IngotScript -Body {
    param($Parameter)
    Initialize-IngotFolder
    Initialize-IngotFolder -Path $Folder
    $text = ConvertTo-IngotJson -InputObject $Parameter
    $known = (@(Get-IngotLine -Path $ParameterFile) -join '')
    if (Test-IngotTaskRunning -Name $TaskName) {
        if ($known -ne $text) { Stop-Ingot -Code 'updates.other-round' -Message 'Expected no other round of updates, found one at work with other parameters.' }
        Write-IngotLog -Message 'A round is at work already: waiting for it'
    }
    elseif (-not ((Test-Path -LiteralPath $ResultFile) -and $known -eq $text)) {
        # Otherwise the result of a round that ended while nobody listened lies here: it is told below.
        Remove-Item -LiteralPath $ResultFile, $StatusFile -Force -ErrorAction SilentlyContinue
        Set-IngotFile -Path $ParameterFile -Text $text
        Register-IngotTask -Name $TaskName -Script (Join-Path -Path $PSScriptRoot -ChildPath 'windows-updates.ps1') -Argument '-Worker'
        Start-ScheduledTask -TaskName $TaskName
    }

    $watcher = New-Object -TypeName System.IO.FileSystemWatcher -ArgumentList $Folder
    $started = [DateTime]::UtcNow
    $shown = ''
    while (-not (Test-Path -LiteralPath $ResultFile)) {
        $status = ''
        # The task deletes the file before it puts the new one into its place.
        try { $status = (@(Get-IngotLine -Path $StatusFile) -join '') }
        catch { Write-Verbose -Message 'read after the next change' }
        if ($status -ne $shown -and $status -ne '') {
            $shown = $status
            $value = ConvertFrom-Json -InputObject $status
            if ($value.total -gt 0) { Write-IngotProgress -Message $value.message -Done $value.done -Total $value.total }
            else { Write-IngotProgress -Message $value.message }
        }
        if (([DateTime]::UtcNow - $started).TotalSeconds -gt 30 -and -not (Test-IngotTaskRunning -Name $TaskName) -and -not (Test-Path -LiteralPath $ResultFile)) {
            $code = (Get-ScheduledTaskInfo -TaskName $TaskName).LastTaskResult
            Stop-Ingot -Code 'updates.worker' -Message ('Expected the task {0} to leave a result, found that it ended with {1} and left none. {2}' -f $TaskName, $code, $shown)
        }
        # Returns at the next change in the folder; the limit is for a task that dies without one.
        [void]$watcher.WaitForChanged([System.IO.WatcherChangeTypes]::All, 5000)
    }
    $watcher.Dispose()
    $end = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($ResultFile))
    # Told once: the next round must not take it for its own.
    Remove-Item -LiteralPath $ResultFile, $ParameterFile, $StatusFile -Force -ErrorAction SilentlyContinue
    Unregister-ScheduledTask -TaskName $TaskName -Confirm:$false -ErrorAction SilentlyContinue
    $failure = Get-IngotProperty -InputObject $end -Name 'failure'
    if ($null -ne $failure) {
        $code = [string](Get-IngotProperty -InputObject $failure -Name 'code' -Default 'updates.failed')
        Stop-Ingot -Code $code -Message ('{0} (in the task, line {1})' -f $failure.message, $failure.line)
    }
    $records = @($end.result.installed | Where-Object -FilterScript { $null -ne $_ } | ForEach-Object -Process { @{ kb = [string]$_.kb; title = [string]$_.title; resultCode = [int]$_.resultCode; hresult = [string]$_.hresult } })
    @{ found = [int]$end.result.found; installed = $records; rebootRequired = [bool]$end.result.rebootRequired }
}
