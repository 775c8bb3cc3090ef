# windows-updates.ps1: one round against an API of Windows Update that is played here, as its documentation describes it.
[CmdletBinding()]
param()

Pester\Describe 'windows-updates.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')

        # A collection of the API: Count, Item(index), Add(one).
        function New-FakeCollection {
            param([AllowEmptyCollection()][object[]]$Item = @())
            $collection = [pscustomobject]@{ Items = (New-Object -TypeName System.Collections.ArrayList) }
            foreach ($one in $Item) { [void]$collection.Items.Add($one) }
            Add-Member -InputObject $collection -MemberType ScriptProperty -Name Count -Value { $this.Items.Count }
            Add-Member -InputObject $collection -MemberType ScriptMethod -Name Item -Value { $this.Items[$args[0]] }
            Add-Member -InputObject $collection -MemberType ScriptMethod -Name Add -Value { $this.Items.Add($args[0]) }
            return $collection
        }

        # Download and Install: what GetUpdateResult tells of it.
        function New-FakeUpdate {
            param(
                [Parameter(Mandatory = $true)][string]$Kb, [string]$Title = "Cumulative Update (KB$Kb)", [string]$Category = 'security', [bool]$Asks = $false, [string]$Id = "id-$Kb",
                [int]$Download = 2, [int]$Install = 2, [int]$HResult = 0, [DateTime]$Changed = [DateTime]'2026-11-10'
            )
            $update = [pscustomobject]@{
                Title = $Title; KBArticleIDs = (New-FakeCollection -Item @($Kb)); Identity = [pscustomobject]@{ UpdateID = $Id; RevisionNumber = 200 }
                Categories = (New-FakeCollection -Item @([pscustomobject]@{ CategoryID = $Category })); InstallationBehavior = [pscustomobject]@{ CanRequestUserInput = $Asks }
                EulaAccepted = $false; IsDownloaded = $false; LastDeploymentChangeTime = $Changed; Download = $Download; Install = $Install; HResult = $HResult
            }
            Add-Member -InputObject $update -MemberType ScriptMethod -Name AcceptEula -Value { $this.EulaAccepted = $true }
            return $update
        }

        # What Download and Install return, of the first update of a collection.
        function New-FakeOutcome {
            param([Parameter(Mandatory = $true)][object]$Update, [Parameter(Mandatory = $true)][int]$ResultCode)
            $outcome = [pscustomobject]@{ Result = [pscustomobject]@{ ResultCode = $ResultCode; HResult = $Update.HResult } }
            Add-Member -InputObject $outcome -MemberType ScriptMethod -Name GetUpdateResult -Value { $this.Result }
            return $outcome
        }

        function New-FakeSession {
            $session = [pscustomobject]@{ ClientApplicationID = '' }
            Add-Member -InputObject $session -MemberType ScriptMethod -Name CreateUpdateSearcher -Value {
                $searcher = [pscustomobject]@{ ServerSelection = 0; ServiceID = '' }
                Add-Member -InputObject $searcher -MemberType ScriptMethod -Name Search -Value {
                    $Fake.criteria = $args[0]
                    $Fake.selection = $this.ServerSelection
                    $Fake.service = $this.ServiceID
                    if ($Fake.searchCode -ne 0) { throw (New-Object -TypeName System.Runtime.InteropServices.COMException -ArgumentList 'refused', $Fake.searchCode) }
                    return [pscustomobject]@{ ResultCode = $Fake.searchResult; Updates = (New-FakeCollection -Item $Fake.offered); Warnings = (New-FakeCollection) }
                }
                Add-Member -InputObject $searcher -MemberType ScriptMethod -Name GetTotalHistoryCount -Value { $Fake.history.Count }
                Add-Member -InputObject $searcher -MemberType ScriptMethod -Name QueryHistory -Value { New-FakeCollection -Item $Fake.history }
                return $searcher
            }
            Add-Member -InputObject $session -MemberType ScriptMethod -Name CreateUpdateDownloader -Value {
                $downloader = [pscustomobject]@{ Updates = $null }
                Add-Member -InputObject $downloader -MemberType ScriptMethod -Name Download -Value {
                    $update = $this.Updates.Item(0)
                    return New-FakeOutcome -Update $update -ResultCode $update.Download
                }
                return $downloader
            }
            Add-Member -InputObject $session -MemberType ScriptMethod -Name CreateUpdateInstaller -Value {
                $installer = [pscustomobject]@{ Updates = $null; IsBusy = $false; RebootRequiredBeforeInstallation = $Fake.blocked }
                Add-Member -InputObject $installer -MemberType ScriptMethod -Name Install -Value {
                    $update = $this.Updates.Item(0)
                    if (-not $update.EulaAccepted) { throw 'the licence was not accepted' }
                    $Fake.installed += @($update.Title)
                    $Fake.offered = @($Fake.offered | Where-Object -FilterScript { $_.Identity.UpdateID -ne $update.Identity.UpdateID })
                    return New-FakeOutcome -Update $update -ResultCode $update.Install
                }
                return $installer
            }
            return $session
        }

        # An entry of the history; 1 is an installation.
        function New-FakeEntry {
            param([Parameter(Mandatory = $true)][string]$Id, [int]$Operation = 1, [int]$ResultCode = 2, [string]$Title = 'Cumulative Update (KB5000001)')
            return [pscustomobject]@{ Operation = $Operation; ResultCode = $ResultCode; HResult = 0; Title = $Title; UpdateIdentity = [pscustomobject]@{ UpdateID = $Id; RevisionNumber = 200 } }
        }
    }

    Pester\BeforeEach {
        Initialize-Guest
        Set-GuestService -Name 'wuauserv' -Status 'Stopped' -StartType 'Manual'
        [void](Get-GuestFolder -Path 'ProgramData\ingot')
        $Fake = @{ offered = @(); history = @(); installed = @(); searchCode = 0; searchResult = 2; restart = $false; blocked = $false; criteria = ''; selection = 0; service = ''; hotFixes = @(); pending = @() }
        $asked = @{ source = 'windows-update'; categoryIds = @('security') }
        Pester\Mock -CommandName New-Object -ParameterFilter { $ComObject } -MockWith {
            switch ($ComObject) {
                'Microsoft.Update.Session' { New-FakeSession }
                'Microsoft.Update.UpdateColl' { New-FakeCollection }
                'Microsoft.Update.SystemInfo' { [pscustomobject]@{ RebootRequired = $Fake.restart } }
                'Microsoft.Update.ServiceManager' {
                    $manager = [pscustomobject]@{ ClientApplicationID = '' }
                    Add-Member -InputObject $manager -MemberType ScriptMethod -Name AddService2 -PassThru -Value { 'registered' }
                }
                default { throw "Expected no $ComObject." }
            }
        }
        Pester\Mock -CommandName Get-CimInstance -MockWith { foreach ($one in $Fake.hotFixes) { [pscustomobject]@{ HotFixID = $one } } }
        Pester\Mock -CommandName Get-PendingReboot -MockWith { $Fake.pending }
    }

    Pester\It 'installs what is offered, and a second round finds nothing' {
        $Fake.offered = @((New-FakeUpdate -Kb '5000001'), (New-FakeUpdate -Kb '5000002'))
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        $result.changed | Pester\Should -BeTrue
        $result.found | Pester\Should -Be 2
        @($result.results | ForEach-Object -Process { $_.kb }) | Pester\Should -Be @('KB5000001', 'KB5000002')
        @($result.results | ForEach-Object -Process { $_.resultCode }) | Pester\Should -Be @(2, 2)
        $again = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        $again.changed | Pester\Should -BeFalse
        $again.found | Pester\Should -Be 0
        $Fake.installed.Count | Pester\Should -Be 2
    }

    Pester\It 'only searches with -Test, and leaves the policy alone' {
        $Fake.offered = @(New-FakeUpdate -Kb '5000001')
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked -Test
        $result.changed | Pester\Should -BeTrue
        $result.found | Pester\Should -Be 1
        $Fake.installed.Count | Pester\Should -Be 0
        Pester\Should -Invoke -CommandName New-ItemProperty -Times 0 -Exactly
    }

    Pester\It 'searches for software only: drivers would fight those of VMware Tools' {
        [void](Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked)
        $Fake.criteria | Pester\Should -BeLike "*IsInstalled=0*Type='Software'*"
        # Clauses about categories end in 0x80244022 with some servers.
        $Fake.criteria | Pester\Should -Not -BeLike '*CategoryIDs*'
    }

    Pester\It 'asks <Source> by ServerSelection <Selection>' -ForEach @(
        @{ Source = 'wsus'; Selection = 1; Service = '' }
        @{ Source = 'windows-update'; Selection = 2; Service = '' }
        @{ Source = 'microsoft-update'; Selection = 3; Service = '7971f918-a847-4430-9279-4a52d1efe18d' }
    ) {
        $asked.source = $Source
        $asked.server = 'http://wsus:8530'
        [void](Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked)
        $Fake.selection | Pester\Should -Be $Selection
        $Fake.service | Pester\Should -BeExactly $Service
    }

    Pester\It 'leaves out <Reason>' -ForEach @(
        @{ Reason = 'category'; Update = @{ Kb = '5000001'; Category = 'drivers' }; More = @{} }
        @{ Reason = 'excluded'; Update = @{ Kb = '5034439' }; More = @{ exclude = @('KB5034439') } }
        @{ Reason = 'not-included'; Update = @{ Kb = '5000001' }; More = @{ include = @('KB5000002') } }
        @{ Reason = 'preview'; Update = @{ Kb = '5000001'; Title = 'Cumulative Update Preview (KB5000001)' }; More = @{} }
        @{ Reason = 'vmware'; Update = @{ Kb = '5000001'; Title = 'VMware, Inc. - Display' }; More = @{} }
        @{ Reason = 'needs-user'; Update = @{ Kb = '5007651' }; More = @{} }
        @{ Reason = 'needs-user'; Update = @{ Kb = '5000001'; Asks = $true }; More = @{} }
    ) {
        $Fake.offered = @(New-FakeUpdate @Update)
        foreach ($name in $More.Keys) { $asked[$name] = $More[$name] }
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        $result.found | Pester\Should -Be 0
        @($result.skipped)[0].reason | Pester\Should -Be $Reason
        $Fake.installed.Count | Pester\Should -Be 0
    }

    Pester\It 'names a KB that shall be there and is not' {
        $asked.include = @('KB5000001', 'KB5000002', 'KB5000003')
        $Fake.offered = @(New-FakeUpdate -Kb '5000001')
        $Fake.hotFixes = @('KB5000002')
        (Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked -Test).missing | Pester\Should -Be @('KB5000003')
    }

    Pester\It 'goes on after an update that fails, and tells its code' {
        $Fake.offered = @((New-FakeUpdate -Kb '5000001' -Install 4 -HResult -2145116147), (New-FakeUpdate -Kb '5000002' -Download 4 -HResult -2145107924), (New-FakeUpdate -Kb '5000003'))
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        @($result.results | ForEach-Object -Process { $_.hresult }) | Pester\Should -Be @('0x8024200D', '0x8024402C', '0x00000000')
        @($result.results | ForEach-Object -Process { $_.stage }) | Pester\Should -Be @('install', 'download', 'install')
    }

    Pester\It 'knows an update that was installed before and is offered again: it was rolled back' {
        $Fake.history = @(New-FakeEntry -Id 'id-5000001')
        $Fake.offered = @((New-FakeUpdate -Kb '5000001'), (New-FakeUpdate -Kb '5000002'))
        @((Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).results | ForEach-Object -Process { $_.again }) | Pester\Should -Be @($true, $false)
    }

    Pester\It 'takes neither a removal nor a failure in the history for an installation' {
        $Fake.history = @((New-FakeEntry -Id 'id-5000001' -Operation 2), (New-FakeEntry -Id 'id-5000001' -ResultCode 4))
        $Fake.offered = @(New-FakeUpdate -Kb '5000001')
        @((Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).results)[0].again | Pester\Should -BeFalse
    }

    Pester\It 'installs nothing while a restart is due, but counts what waits for it' {
        $Fake.restart = $true
        $Fake.offered = @(New-FakeUpdate -Kb '5000001')
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        $result.found | Pester\Should -Be 1
        $result.rebootRequired | Pester\Should -BeTrue
        $Fake.installed.Count | Pester\Should -Be 0
    }

    Pester\It 'leaves the rest for after a restart that Windows wants first' {
        $Fake.blocked = $true
        $Fake.offered = @(New-FakeUpdate -Kb '5000001')
        (Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).rebootRequired | Pester\Should -BeTrue
        $Fake.installed.Count | Pester\Should -Be 0
    }

    Pester\It 'wants a restart also when only servicing says so' {
        $Fake.pending = @('CBS\RebootPending')
        (Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).rebootRequired | Pester\Should -BeTrue
    }

    Pester\It 'keeps to the maximum' {
        $asked.maximum = 1
        $Fake.offered = @((New-FakeUpdate -Kb '5000001'), (New-FakeUpdate -Kb '5000002'))
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        $result.found | Pester\Should -Be 2
        @($result.results).Count | Pester\Should -Be 1
    }

    Pester\It 'renews the definitions of Defender by their own program when <Stage> fails' -ForEach @(
        @{ Stage = 'download'; Update = @{ Kb = '2267602'; Download = 4; HResult = -2145107924 } }
        @{ Stage = 'install'; Update = @{ Kb = '2267602'; Install = 4; HResult = -2147023293 } }
    ) {
        $Fake.offered = @((New-FakeUpdate @Update), (New-FakeUpdate -Kb '5000001' -Install 4 -HResult -2147023293))
        Pester\Mock -CommandName Update-DefenderSignature -MockWith { return $true }
        $results = @((Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).results)
        @($results | ForEach-Object -Process { $_.resultCode }) | Pester\Should -Be @(3, 4)
        $results[0].stage | Pester\Should -Be $Stage
        Pester\Should -Invoke -CommandName Update-DefenderSignature -Times 1 -Exactly
    }

    Pester\It 'leaves what waits for an earlier restart to the next round' {
        $Fake.offered = @((New-FakeUpdate -Kb '5000001'), (New-FakeUpdate -Kb '5000002' -Install 4 -HResult -2145124330), (New-FakeUpdate -Kb '5000003'))
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        @($result.results | ForEach-Object -Process { $_.kb }) | Pester\Should -Be @('KB5000001')
        $result.rebootRequired | Pester\Should -BeTrue
    }

    Pester\It 'sets the data store aside when what was found is not in it: 0x80248007' {
        $Fake.searchCode = -2145091577
        Pester\Mock -CommandName Reset-UpdateStore -MockWith { return }
        (Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked -Test).problem.hresult | Pester\Should -BeExactly '0x80248007'
        Pester\Should -Invoke -CommandName Reset-UpdateStore -Times 0 -Exactly
        [void](Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked)
        Pester\Should -Invoke -CommandName Reset-UpdateStore -Times 1 -Exactly
    }

    Pester\It 'tells what Windows Update refuses as a result: <Expected>' -ForEach @(
        @{ Code = -2145107924; Expected = '0x8024402C' }
        @{ Code = -2147024891; Expected = '0x80070005' }
    ) {
        $Fake.searchCode = $Code
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        $result.problem.hresult | Pester\Should -BeExactly $Expected
        $result.problem.stage | Pester\Should -Be 'search'
    }

    Pester\It 'uses a search that succeeded with errors' {
        $Fake.searchResult = 3
        $Fake.offered = @(New-FakeUpdate -Kb '5000001')
        $result = Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked
        $result.problem | Pester\Should -BeNullOrEmpty
        $Fake.installed.Count | Pester\Should -Be 1
    }

    Pester\It 'knows broken metadata: <Reason>' -ForEach @(
        @{ Reason = 'no title'; Update = @{ Kb = '5000001'; Title = '' } }
        @{ Reason = 'a date of 1970'; Update = @{ Kb = '5000001'; Changed = [DateTime]'1970-01-01' } }
    ) {
        $Fake.offered = @(New-FakeUpdate @Update)
        (Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).problem.stage | Pester\Should -Be 'metadata'
        $Fake.installed.Count | Pester\Should -Be 0
    }

    Pester\It 'does not wait for servicing for ever' {
        Pester\Mock -CommandName Get-ServicingState -MockWith { return 2 }
        # The clock runs by the sleeps here: half an hour is over at once.
        $script = Get-GuestFolder -Path 'scripts'
        Copy-Item -Path (Join-Path -Path $ScriptFolder -ChildPath '*.ps1') -Destination $script
        $file = Join-Path -Path $script -ChildPath 'windows-updates.ps1'
        [System.IO.File]::WriteAllText($file, [System.IO.File]::ReadAllText($file).Replace('$BusySeconds = 1800', '$BusySeconds = 0'))
        (Invoke-Script -Name 'windows-updates.ps1' -Folder $script -Parameter $asked).result.problem.stage | Pester\Should -Be 'busy'
    }

    Pester\It 'puts the policy back with the quiet round, and not before' {
        $au = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU'
        $Fake.offered = @(New-FakeUpdate -Kb '5000001')
        (Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).restored | Pester\Should -BeFalse
        $Guest.registry[$au].NoAutoUpdate | Pester\Should -Be 1
        (Get-ScriptResult -Name 'windows-updates.ps1' -Parameter $asked).restored | Pester\Should -BeTrue
        $Guest.registry[$au].ContainsKey('NoAutoUpdate') | Pester\Should -BeFalse
    }
}
